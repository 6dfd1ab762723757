package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.generation.GenerationRequest;
import io.headrace.generation.TokenCounts;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an engine says of itself. */
@Timeout(120)
final class EngineSnapshotTest {
  private static final Set<Integer> END = Set.of(3);

  private final ScriptedModel model = ScriptedModel.withBlocks(64);

  @Test
  void theSnapshotAddsUp() throws InterruptedException {
    try (var engine = engine(EngineOptions.defaults(END))) {
      int prompts = 0;
      int outputs = 0;
      for (GenerationRequest request : Requests.mixed(3, 30, 40, 60, 30)) {
        TokenCounts counts = Answer.await(engine.submit(request)).counts();
        prompts += counts.prompt();
        outputs += counts.generated();
      }
      EngineSnapshot snapshot = engine.snapshot();
      assertEquals(30, snapshot.submitted());
      assertEquals(30, snapshot.finished());
      assertEquals(30, snapshot.finishedStop() + snapshot.finishedLength());
      assertEquals(prompts, snapshot.promptTokens());
      assertEquals(outputs, snapshot.generationTokens());
      assertEquals(prompts, snapshot.prefixQueryTokens());
      assertTrue(snapshot.prefixHitTokens() > 0);
      assertEquals(model.passes, snapshot.steps());
      assertEquals(snapshot.steps(), snapshot.stepMicros().count());
      assertEquals(64, snapshot.kvBlocksTotal());
      assertEquals(0, snapshot.running());
      assertEquals(0, snapshot.kvBlocksUsed());
      assertTrue(snapshot.kvBlocksRemembered() > 0);
      for (var numbers : List.of(snapshot.gauges(), snapshot.totals())) {
        assertTrue(numbers.keySet().stream().allMatch(name -> name.matches("[a-z]+(_[a-z]+)+")));
      }
    }
  }

  private Engine engine(EngineOptions options) {
    return Engines.of(model, options);
  }
}
