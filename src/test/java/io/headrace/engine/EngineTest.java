package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.StrategySource;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.Failure;
import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.RequestId;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import io.headrace.generation.TokenCounts;
import io.headrace.generation.TokenIds;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class EngineTest {
  private static final Set<Integer> END = Set.of(3);

  private final ScriptedModel model = ScriptedModel.withBlocks(64);

  @Test
  void anOutputEndsAtTheModelsEndToken() throws InterruptedException {
    // Among many prompts some greedy output meets token 3 before its length.
    try (var engine = engine(EngineOptions.defaults(END))) {
      int stopped = 0;
      for (int i = 0; i < 20; i++) {
        GenerationRequest ignoring = Requests.plain("i" + i, 100, i, 1);
        Answer all = Answer.await(engine.submit(ignoring));
        GenerationRequest ending =
            Requests.stopping(Requests.plain("e" + i, 100, i, 1), StopRule.END_OF_TEXT);
        Answer cut = Answer.await(engine.submit(ending));
        int at = all.tokens().indexOf(3);
        if (at < 0) {
          assertEquals(new FinishReason.Length(), cut.reason());
          continue;
        }
        stopped++;
        assertEquals(new FinishReason.StopToken(3, true), cut.reason());
        assertEquals(all.tokens().subList(0, at), cut.tokens());
        assertEquals(at + 1, cut.counts().generated());
      }
      assertTrue(stopped > 5);
    }
  }

  @Test
  void aStopTokenOfTheRequestEndsItAndIsNoEndOfText() throws InterruptedException {
    try (var engine = engine(EngineOptions.defaults(END))) {
      List<Integer> all = Answer.await(engine.submit(Requests.plain("a", 30, 5))).tokens();
      int stop = all.get(10);
      var rule = new StopRule(List.of(), Set.of(stop), true, 0, false);
      Answer cut = Answer.await(engine.submit(Requests.stopping(Requests.plain("b", 30, 5), rule)));
      assertEquals(new FinishReason.StopToken(stop, false), cut.reason());
      assertEquals(all.subList(0, all.indexOf(stop)), cut.tokens());
    }
  }

  @Test
  void nothingEndsAnOutputBeforeItsLeastLength() throws InterruptedException {
    try (var engine = engine(EngineOptions.defaults(END))) {
      List<Integer> all = Answer.await(engine.submit(Requests.plain("a", 30, 5))).tokens();
      var rule = new StopRule(List.of(), Set.copyOf(all.subList(0, 5)), true, 8, false);
      Answer cut = Answer.await(engine.submit(Requests.stopping(Requests.plain("b", 30, 5), rule)));
      assertTrue(cut.tokens().size() >= 8);
      assertTrue(cut.tokens().stream().limit(8).noneMatch(rule.tokens()::contains));
    }
  }

  @Test
  void aStopStringEndsTheOutputWithTheTokenThatCompletesIt() throws InterruptedException {
    try (var engine = Engines.of(model, List.of(), EngineOptions.defaults(END), Engines::bracketed, StrategySource.ofChoice())) {
      List<Integer> all = Answer.await(engine.submit(Requests.plain("a", 30, 5))).tokens();
      String stop = "][" + all.get(11) + "]";
      int end = 1;
      while (!all.get(end).equals(all.get(11))) end++;
      Answer cut = stopAt(engine, "b", stop, 0);
      assertEquals(new FinishReason.StopString(stop), cut.reason());
      assertEquals(all.subList(0, end + 1), cut.tokens());
      assertTrue(stopAt(engine, "c", stop, end + 1).tokens().size() > end + 1);
    }
  }

  private static Answer stopAt(Engine engine, String id, String stop, int minTokens)
      throws InterruptedException {
    var rule = new StopRule(List.of(stop), Set.of(), true, minTokens, false);
    return Answer.await(engine.submit(Requests.stopping(Requests.plain(id, 30, 5), rule)));
  }

  @Test
  void scoringAPromptGivesEveryTokenButTheFirstAValue() throws InterruptedException {
    int[] prompt = new int[100];
    for (int i = 0; i < 100; i++) prompt[i] = i * 7 % 40;
    try (var engine = engine(EngineOptions.defaults(END).withPrefillChunk(33))) {
      GenerationRequest request = Requests.scored(Requests.plain("s", 0, prompt), -1, 2);
      Answer.Content content = Answer.await(engine.submit(request)).content();
      assertEquals(List.of(), content.tokens());
      assertEquals(new FinishReason.Length(), content.reason());
      assertEquals(100, content.promptLogprobs().size());
      assertTrue(Float.isNaN(content.promptLogprobs().getFirst().logprob()));
      for (int i = 1; i < 100; i++) {
        assertEquals(prompt[i], content.promptLogprobs().get(i).token());
        assertTrue(content.promptLogprobs().get(i).logprob() < 0);
        assertEquals(2, content.promptLogprobs().get(i).top().size());
      }
      // The score of a token is the log-probability it has when it is the output.
      GenerationRequest output = Requests.scored(Requests.plain("o", 20, 1, 2, 3), 0, -1);
      Answer.Content generated = Answer.await(engine.submit(output)).content();
      int[] whole = new int[23];
      for (int i = 0; i < 23; i++) whole[i] = i < 3 ? i + 1 : generated.tokens().get(i - 3);
      var scored =
          Answer.await(engine.submit(Requests.scored(Requests.plain("w", 0, whole), -1, 0)))
              .content();
      assertEquals(generated.logprobs(), scored.promptLogprobs().subList(3, 23));
    }
  }

  @Test
  void aPromptOfOneTokenIsScoredAsNothing() throws InterruptedException {
    try (var engine = engine(EngineOptions.defaults(END))) {
      var content =
          Answer.await(engine.submit(Requests.scored(Requests.plain("s", 0, 4), -1, 0))).content();
      assertEquals(1, content.promptLogprobs().size());
      content =
          Answer.await(engine.submit(Requests.scored(Requests.plain("t", 2, 4), -1, 0))).content();
      assertEquals(1, content.promptLogprobs().size());
      assertEquals(2, content.tokens().size());
    }
  }

  @Test
  void cachedTokensAreCountedAndNeverTheWholePrompt() throws InterruptedException {
    int[] prompt = new int[64];
    try (var engine = engine(EngineOptions.defaults(END))) {
      Answer cold = Answer.await(engine.submit(Requests.plain("a", 5, prompt)));
      Answer warm = Answer.await(engine.submit(Requests.plain("b", 5, prompt)));
      assertEquals(new TokenCounts(64, 0, 5), cold.counts());
      assertEquals(new TokenCounts(64, 48, 5), warm.counts());
      assertEquals(cold.tokens(), warm.tokens());
    }
  }

  @Test
  void outputIsFoundAsThePrefixOfTheNextTurn() throws InterruptedException {
    try (var engine = engine(EngineOptions.defaults(END))) {
      List<Integer> tokens = new ArrayList<>(List.of(1, 2, 3));
      tokens.addAll(Answer.await(engine.submit(Requests.plain("a", 60, 1, 2, 3))).tokens());
      tokens.add(9);
      int[] next = tokens.stream().mapToInt(Integer::intValue).toArray();
      assertEquals(48, Answer.await(engine.submit(Requests.plain("b", 5, next))).counts().cached());
    }
  }

  @Test
  void anotherSaltHitsNothing() throws InterruptedException {
    try (var engine = engine(EngineOptions.defaults(END))) {
      Answer.await(engine.submit(Requests.plain("a", 5, new int[64])));
      assertEquals(0, Answer.await(engine.submit(salted("b", "x"))).counts().cached());
      assertEquals(48, Answer.await(engine.submit(salted("c", "x"))).counts().cached());
    }
  }

  private static GenerationRequest salted(String id, String salt) {
    return new GenerationRequest(
        new RequestId(id),
        TokenIds.of(new int[64]),
        5,
        new Sampling.Greedy(),
        LogitAdjustments.NONE,
        StopRule.END_OF_TEXT,
        -1,
        -1,
        new DecodingChoice.Plain(),
        salt);
  }

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
    var gate = new Gate();
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
    var gate = new Gate();
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

  @Test
  void cancellingFreesTheBlocksWithinOneStep() throws Exception {
    var gate = new Gate();
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
    var gate = new Gate();
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
    var gate = new Gate();
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
    var gate = new Gate();
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

  @Test
  void anOutboxHasOneLastEvent() throws InterruptedException {
    try (var engine = engine(EngineOptions.defaults(END))) {
      Outbox outbox = engine.submit(Requests.plain("a", 1, 1));
      assertInstanceOf(GenerationEvent.Started.class, outbox.take());
      assertInstanceOf(GenerationEvent.Committed.class, outbox.take());
      assertFalse(outbox.ended());
      assertInstanceOf(GenerationEvent.Finished.class, outbox.take());
      assertTrue(outbox.ended());
      assertNull(outbox.poll());
      assertNull(outbox.poll(Duration.ofSeconds(5)));
      assertThrows(IllegalStateException.class, outbox::take);
    }
  }

  @Test
  void aSlowStepIsReportedOnceWithTheEnginesStack() throws Exception {
    var clock = new java.util.concurrent.atomic.AtomicLong();
    var reported = new java.util.concurrent.LinkedBlockingQueue<String>();
    try (var watch =
        new StepWatch(
            Thread.currentThread(),
            Duration.ofMillis(2),
            clock::get,
            (number, running, stack) ->
                reported.add(number + " " + running.toMillis() + " " + stack.length))) {
      watch.begin();
      watch.end();
      watch.begin();
      clock.set(5_000_000);
      String report = reported.poll(60, TimeUnit.SECONDS);
      watch.end();
      assertTrue(report != null && report.startsWith("1 5 "), report);
      assertTrue(reported.isEmpty());
    }
  }

  private Engine engine(EngineOptions options) {
    return Engines.of(model, options);
  }

  /** Holds every pass until it is opened. */
  private static final class Gate implements Runnable {
    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch opened = new CountDownLatch(1);

    void open() {
      opened.countDown();
    }

    void awaitPass() throws InterruptedException {
      assertTrue(inside.await(60, TimeUnit.SECONDS), "no pass began");
    }

    @Override
    public void run() {
      inside.countDown();
      try {
        assertTrue(opened.await(60, TimeUnit.SECONDS), "the gate stayed closed");
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }
}
