package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.generation.Failure;
import io.headrace.generation.FinishReason;
import io.headrace.generation.RequestId;
import io.headrace.generation.TokenCounts;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests that are called off, and an engine that is closed. */
@Timeout(120)
final class EngineEndTest {
  private static final Set<Integer> END = Set.of(3);

  private final ScriptedModel model = ScriptedModel.withBlocks(64);

  @Test
  void cancellingFreesTheBlocksWithinOneStep() throws Exception {
    var gate = new PassGate();
    model.beforePass = gate;
    try (var engine = engine(EngineOptions.defaults(END))) {
      Outbox long1 = engine.submit(Requests.plain("a", 400, new int[40]));
      gate.awaitPass();
      engine.cancel(new RequestId("a"));
      engine.cancel(new RequestId("a"));
      engine.cancel(new RequestId("nobody"));
      gate.open();
      Answer answer = Answer.await(long1);
      assertEquals(new FinishReason.Cancelled(), answer.reason());
      assertEquals(1, model.passes, "a step was computed after the cancellation");
      assertEquals(0, engine.photographPool().get().held().size());
      assertEquals(1, engine.snapshot().finishedCancelled());
    }
  }

  @Test
  void oneThatWaitsCanBeCancelledToo() throws Exception {
    var gate = new PassGate();
    model.beforePass = gate;
    try (var engine = engine(EngineOptions.defaults(END).withMaxRunning(1))) {
      Outbox first = engine.submit(Requests.plain("a", 5, 1));
      gate.awaitPass();
      Outbox second = engine.submit(Requests.plain("b", 5, 1));
      engine.cancel(new RequestId("b"));
      gate.open();
      assertEquals(5, Answer.await(first).tokens().size());
      Answer cancelled = Answer.await(second);
      assertEquals(new FinishReason.Cancelled(), cancelled.reason());
      assertEquals(new TokenCounts(1, 0, 0), cancelled.counts());
      assertEquals(0, engine.snapshot().queued());
    }
  }

  @Test
  void closingFailsWhatRunsAndWaitsAndRefusesTheRest() throws Exception {
    var gate = new PassGate();
    model.beforePass = gate;
    var engine = engine(EngineOptions.defaults(END).withMaxRunning(1));
    List<Outbox> outboxes = new ArrayList<>();
    for (int i = 0; i < 3; i++) outboxes.add(engine.submit(Requests.plain("a" + i, 400, 1)));
    gate.awaitPass();
    Thread closer = Thread.ofVirtual().start(engine::close);
    while (engine.healthy()) Thread.onSpinWait();
    gate.open();
    closer.join();
    for (Outbox outbox : outboxes)
      assertInstanceOf(Failure.ShuttingDown.class, Answer.await(outbox).failure());
    var refusal = assertThrows(EngineRefusal.class, () -> engine.submit(Requests.plain("c", 5, 1)));
    assertEquals(EngineRefusal.Reason.CLOSING, refusal.reason());
    assertFalse(engine.snapshot().alive());
    assertFalse(model.closed, "who opened the model closes it");
    assertThrows(ExecutionException.class, () -> engine.photographPool().get());
    engine.cancel(new RequestId("a0"));
    engine.close();
  }

  @Test
  void drainingLetsRunningRequestsFinish() throws Exception {
    var engine = engine(EngineOptions.defaults(END));
    Outbox outbox = engine.submit(Requests.plain("a", 50, 1));
    assertTrue(engine.drain(Duration.ofSeconds(60)));
    assertEquals(50, Answer.await(outbox).tokens().size());
    assertThrows(EngineRefusal.class, () -> engine.submit(Requests.plain("b", 5, 1)));
  }

  @Test
  void drainingEndsWhenItsPatienceDoes() throws Exception {
    var gate = new PassGate();
    model.beforePass = gate;
    var engine = engine(EngineOptions.defaults(END));
    Outbox outbox = engine.submit(Requests.plain("a", 400, 1));
    gate.awaitPass();
    Thread opener =
        Thread.ofVirtual()
            .start(
                () -> {
                  while (engine.healthy()) Thread.onSpinWait();
                  // The step that runs holds the drain until it ends; then nothing more is
                  // computed.
                  try {
                    Thread.sleep(50);
                  } catch (InterruptedException e) {
                    throw new AssertionError(e);
                  }
                  gate.open();
                });
    assertFalse(engine.drain(Duration.ofMillis(1)));
    opener.join();
    assertInstanceOf(Failure.ShuttingDown.class, Answer.await(outbox).failure());
  }

  private Engine engine(EngineOptions options) {
    return Engines.of(model, options);
  }
}
