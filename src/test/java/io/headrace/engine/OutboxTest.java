package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.PlainDecoding;
import io.headrace.generation.Failure;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.RequestId;
import io.headrace.generation.Strategy;
import io.headrace.generation.TokenIds;
import io.headrace.kv.BlockPool;
import io.headrace.model.ForwardBatch;
import io.headrace.model.ForwardingModel;
import io.headrace.model.LogitRows;
import io.headrace.schedule.DecodeFirst;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Who is told of events misses none, whenever it begins to listen. */
final class OutboxTest {
  private static final GenerationEvent LAST = new GenerationEvent.Failed(new Failure.Internal("end"));

  private final List<String> told = new ArrayList<>();
  private final Outbox outbox = new Outbox(new RequestId("r"), Outbox::tell);

  @RepeatedTest(20)
  void whoPollsWhenToldSeesEveryEvent() throws Exception {
    Semaphore calls = new Semaphore(0);
    Thread engine =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; i < 200; i++) outbox.post(new GenerationEvent.Started(i));
                  outbox.post(LAST);
                });
    outbox.listen(true, calls::release);
    int next = 0;
    while (!outbox.ended()) {
      assertTrue(calls.tryAcquire(10, TimeUnit.SECONDS), "told of everything after " + next);
      for (GenerationEvent event = outbox.poll(); event != null; event = outbox.poll()) {
        if (event instanceof GenerationEvent.Started(int number)) assertEquals(next++, number);
      }
    }
    assertEquals(200, next);
    engine.join();
  }

  @Test
  void whoReadsIsToldWhileTheNextPassIsComputedAndOfTheLastWhenThereIsNone() {
    var model =
        new ForwardingModel(ScriptedModel.withBlocks(8)) {
          @Override
          public LogitRows forward(ForwardBatch batch, Runnable meanwhile) {
            told.add("pass");
            LogitRows rows = super.forward(batch, meanwhile);
            told.add("passed");
            return rows;
          }
        };
    var request = Requests.plain("r", 3, 1, 2);
    var untold = new Untold();
    var stepper = new Stepper(model, List.of(), EngineOptions.defaults(Set.of()), new DecodeFirst(), System::nanoTime, new EngineCounters(), untold);
    var read = new Outbox(request.id(), untold::add);
    read.listen(true, () -> told.add("told"));
    stepper.accept(
        new Sequence(request, read, new PlainDecoding(), null, BlockPool.namespace("scripted-1", ""), 512, new int[0], () -> {}, 0));
    while (stepper.hasWork()) stepper.step();
    List<String> pass = List.of("pass", "told", "passed"); // told that it started, then of a token each
    assertEquals(Stream.of(pass, pass, pass).flatMap(List::stream).toList(), told);
    stepper.rest();
    assertEquals("told", told.getLast());
    stepper.rest();
    assertEquals(10, told.size(), "once");
  }

  @RepeatedTest(5)
  void tokensAndOtherEventsComeInTheOrderInWhichTheyWerePostedHoweverFarTheReaderFallsBehind() throws Exception {
    Thread engine =
        Thread.ofPlatform()
            .start(
                () -> {
                  int[] tokens = new int[9];
                  for (int i = 0, next = 0; i < 20_000; i++) {
                    int count = 1 + i % 7;
                    for (int j = 0; j < count; j++) tokens[j + 1] = next++;
                    outbox.post(tokens, 1, count, Strategy.NGRAM, i % (count + 1));
                    if (i % 5 == 0) outbox.post(new GenerationEvent.Started(i));
                  }
                  outbox.post(LAST);
                });
    int next = 0;
    int i = 0;
    while (!outbox.ended()) {
      switch (outbox.take()) {
        case GenerationEvent.Committed(TokenIds tokens, var logprobs, Strategy strategy, int drafted) -> {
          int count = 1 + i % 7;
          assertEquals(count, tokens.size());
          for (int j = 0; j < count; j++) assertEquals(next++, tokens.get(j));
          assertTrue(logprobs.isEmpty());
          assertEquals(Strategy.NGRAM, strategy);
          assertEquals(i % (count + 1), drafted);
          i++;
        }
        case GenerationEvent.Started(int number) -> assertEquals(i - 1, number);
        default -> assertEquals(20_000, i, "the last event");
      }
      if (i == 3_000) Thread.sleep(20); // the other goes on
    }
    engine.join();
  }

  @Test
  void whoWaitsWithALimitHasNothingWhenNothingComes() throws Exception {
    assertNull(outbox.poll(Duration.ofMillis(2)));
    outbox.post(LAST);
    assertEquals(LAST, outbox.poll(Duration.ZERO));
    assertNull(outbox.poll(Duration.ofMillis(2)));
  }

  @Test
  void whoWaitsForTheEndIsToldOfNothingElse() {
    AtomicInteger calls = new AtomicInteger();
    outbox.post(new GenerationEvent.Started(1));
    outbox.listen(false, calls::incrementAndGet);
    outbox.post(new GenerationEvent.Started(2));
    assertEquals(0, calls.get());
    outbox.post(LAST);
    assertEquals(1, calls.get());
    outbox.listen(false, calls::incrementAndGet);
    assertEquals(2, calls.get(), "the end is there already");
  }

  @Test
  void aListenerThatThrowsHoldsNothingUp() {
    outbox.listen(true, () -> {
      throw new IllegalStateException("gone");
    });
    outbox.post(LAST);
    assertNotNull(outbox.poll());
    assertNull(outbox.poll());
  }
}
