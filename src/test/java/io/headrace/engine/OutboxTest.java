package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.generation.Failure;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.RequestId;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Who is told of events misses none, whenever it begins to listen. */
final class OutboxTest {
  private static final GenerationEvent LAST = new GenerationEvent.Failed(new Failure.Internal("end"));

  private final Outbox outbox = new Outbox(new RequestId("r"));

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
