package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.GenerationRequest;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(180)
final class ManyClientsTest {
  private static final int CLIENTS = 64;

  @ParameterizedTest(name = "seed {0}, {1} blocks")
  @CsvSource({"1, 1000", "2, 1000", "3, 24", "4, 24"})
  void athirdOfTheClientsVanishAndTheOthersGetWhatTheyGetAlone(long seed, int blocks)
      throws Exception {
    List<GenerationRequest> requests = Requests.mixed(seed, CLIENTS, 40, 120, 80);
    Map<GenerationRequest, Answer.Content> alone = new HashMap<>();
    for (GenerationRequest request : requests) {
      try (var engine = Engines.of(ScriptedModel.withBlocks(64), EngineOptions.defaults(Set.of(3)))) {
        alone.put(request, Answer.await(engine.submit(request)).content());
      }
    }
    var model = ScriptedModel.withBlocks(blocks);
    try (var engine = Engines.of(model, EngineOptions.defaults(Set.of(3)));
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        GenerationRequest request = requests.get(i);
        var random = new SplittableRandom(seed * 1_000 + i);
        int vanishAfter =
            i % 3 == 0 ? random.nextInt(1 + request.maxNewTokens()) : Integer.MAX_VALUE;
        answers.add(clients.submit(client(engine, request, vanishAfter)));
      }
      int cancelled = 0;
      for (int i = 0; i < CLIENTS; i++) {
        Answer answer = answers.get(i).get();
        if (answer == null) {
          cancelled++;
        } else {
          assertEquals(alone.get(requests.get(i)), answer.content());
        }
      }
      assertEquals((CLIENTS + 2) / 3, cancelled);
      // A request posted after all cancellations is answered after them.
      Answer.await(engine.submit(Requests.plain("last", 1, 1)));
      Engines.expectNothingHeld(engine);
      EngineSnapshot snapshot = engine.snapshot();
      assertEquals(CLIENTS + 1, snapshot.finished());
      assertEquals(0, snapshot.finishedFailed());
      assertEquals(0, snapshot.queued());
      assertTrue(blocks > 100 || snapshot.preemptions() > 0);
    }
  }

  /** Reads until the end, or goes away after some events: null then. */
  private static Callable<Answer> client(
      Engine engine, GenerationRequest request, int vanishAfter) {
    return () -> {
      Outbox outbox = engine.submit(request);
      if (vanishAfter == Integer.MAX_VALUE) return Answer.await(outbox);
      for (int i = 0; i < vanishAfter; i++) {
        GenerationEvent event = outbox.take();
        if (event instanceof GenerationEvent.Finished(FinishReason reason, _, _)) {
          assertTrue(!(reason instanceof FinishReason.Cancelled));
          return null;
        }
      }
      engine.cancel(request.id());
      return null;
    };
  }
}
