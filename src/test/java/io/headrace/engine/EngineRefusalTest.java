package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.Failure;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.RequestId;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import io.headrace.generation.TokenIds;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an engine does not take, and what it says to that. */
@Timeout(120)
final class EngineRefusalTest {
  private static final Set<Integer> END = Set.of(3);

  private final ScriptedModel model = ScriptedModel.withBlocks(64);

  @Test
  void aRequestThatCouldNeverFitFailsAtOnceAndSaysWhy() throws InterruptedException {
    var small = ScriptedModel.withBlocks(4);
    try (var engine = Engines.of(small, EngineOptions.defaults(END))) {
      Answer answer = Answer.await(engine.submit(Requests.plain("big", 61, 1, 2, 3, 4, 5)));
      var failure = assertInstanceOf(Failure.OutOfKvMemory.class, answer.failure());
      assertTrue(failure.message().contains("5 blocks"), failure.message());
      // 65 tokens fit: the last is never computed.
      assertEquals(
          60,
          Answer.await(engine.submit(Requests.plain("fits", 60, 1, 2, 3, 4, 5))).tokens().size());
    }
  }

  @Test
  void requestsNoPassCouldComputeAreRefusedWithTheField() throws InterruptedException {
    try (var engine = engine(EngineOptions.defaults(END))) {
      assertTrue(refused(engine, Requests.plain("a", 5, 1, 40)).contains("prompt[1] is token 40"));
      assertTrue(refused(engine, Requests.plain("a", 5, new int[513])).contains("513"));
      var bias = new LogitAdjustments(1, 0, 0, Map.of(99, 1f));
      var request =
          new GenerationRequest(
              new RequestId("a"),
              TokenIds.of(1),
              5,
              new Sampling.Greedy(),
              bias,
              StopRule.END_OF_TEXT,
              -1,
              -1,
              new DecodingChoice.Plain(),
              "");
      assertTrue(refused(engine, request).contains("bias names token 99"));
      assertEquals(0, engine.snapshot().submitted());
    }
  }

  private static String refused(Engine engine, GenerationRequest request) {
    return assertThrows(IllegalArgumentException.class, () -> engine.submit(request)).getMessage();
  }

  @Test
  void anIdThatIsLiveIsNotTakenTwice() throws Exception {
    var gate = new PassGate();
    model.beforePass = gate;
    try (var engine = engine(EngineOptions.defaults(END))) {
      Outbox first = engine.submit(Requests.plain("a", 5, 1));
      assertTrue(refused(engine, Requests.plain("a", 5, 1)).contains("not finished"));
      gate.open();
      Answer.await(first);
      Answer.await(engine.submit(Requests.plain("a", 5, 1)));
    }
  }

  @Test
  void tooManyWaitingRequestsAreRefusedAndTheOthersServed() throws Exception {
    var gate = new PassGate();
    model.beforePass = gate;
    try (var engine = engine(EngineOptions.defaults(END).withMaxRunning(1).withMaxQueued(3))) {
      List<Outbox> outboxes = new ArrayList<>(List.of(engine.submit(Requests.plain("a", 5, 1))));
      gate.awaitPass(); // the first runs now and no longer counts as waiting
      for (int i = 0; i < 3; i++) outboxes.add(engine.submit(Requests.plain("b" + i, 5, 1)));
      var refusal =
          assertThrows(EngineRefusal.class, () -> engine.submit(Requests.plain("c", 5, 1)));
      assertEquals(EngineRefusal.Reason.FULL, refusal.reason());
      assertEquals(3, engine.snapshot().queued());
      gate.open();
      for (Outbox outbox : outboxes) assertEquals(5, Answer.await(outbox).tokens().size());
      assertEquals(1, engine.snapshot().refused());
      assertEquals(0, engine.snapshot().queued());
    }
  }

  private Engine engine(EngineOptions options) {
    return Engines.of(model, options);
  }
}
