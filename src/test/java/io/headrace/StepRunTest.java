package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.bench.StepFigures;
import io.headrace.bench.StepMeter;
import io.headrace.testing.ScriptedModel;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is seen between the passes of an engine. */
final class StepRunTest {
  @ParameterizedTest
  @ValueSource(strings = {"greedy", "drawn", "penalised", "nucleus"})
  void everyStepThatCountsIsLookedAtOnce(String way) throws Exception {
    try (ScriptedModel model = ScriptedModel.withBlocks(400).withWindow(512)) {
      List<StepMeter.Gap> gaps = new StepRun(way, 3, 20, 5, 30).run(model, () -> false);
      assertEquals(30, gaps.size());
      for (StepMeter.Gap gap : gaps) {
        assertTrue(gap.nanos() >= gap.choosing() && gap.choosing() > 0, "tokens are chosen between passes: " + gap);
        assertTrue(gap.cpu() >= 0 && gap.bytes() >= 0, gap.toString());
      }
      assertEquals(30, new StepFigures(way, 3, gaps).line().get("steps"));
    }
  }

  @Test
  void aRunThatIsNoLongerWantedEndsAmidItsStepsAndTellsNothing() throws Exception {
    try (ScriptedModel model = ScriptedModel.withBlocks(400).withWindow(512)) {
      int wanted = StepRun.outputs(5, 300);
      assertEquals(List.of(), new StepRun("greedy", 3, 20, 5, 300).run(model, () -> model.passes > 20));
      assertTrue(model.passes < wanted, model.passes + " passes");
    }
  }
}
