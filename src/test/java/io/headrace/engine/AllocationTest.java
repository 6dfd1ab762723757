package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.headrace.decode.PlainDecoding;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.RequestId;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import io.headrace.generation.Strategy;
import io.headrace.generation.TokenIds;
import io.headrace.kv.BlockPool;
import io.headrace.schedule.DecodeFirst;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the engine thread allocates while it decodes. */
final class AllocationTest {
  /** Bytes of a step: the reservation and the outcome. */
  private static final int PER_STEP = 128;

  /** Bytes of a token beside its event: its share of a list of tokens that doubles, of a table of blocks. */
  private static final int PER_TOKEN = 16;

  private final EngineCounters counters = new EngineCounters();

  @ParameterizedTest(name = "{0} sequences")
  @ValueSource(ints = {1, 8, 32})
  void aTokenCostsNoMemoryBesideItsEvent(int sequences) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Assumptions.assumeTrue(threads.isThreadAllocatedMemorySupported(), "this JVM does not count allocation");
    var model = new StillModel(1 << 16, 1 << 15);
    var stepper =
        new Stepper(model, EngineOptions.defaults(Set.of()), new DecodeFirst(), System::nanoTime, counters);
    List<Outbox> outboxes = new ArrayList<>();
    for (int i = 0; i < sequences; i++) outboxes.add(submit(stepper, i));
    for (int i = 0; i < 600; i++) stepper.step();
    drain(outboxes);
    int steps = 400;
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < steps; i++) stepper.step();
    long all = threads.getCurrentThreadAllocatedBytes() - before;
    assertEquals(sequences * steps, drain(outboxes), "every step gives every sequence a token");
    long events = eventBytes(threads, sequences * steps);
    double perStep = (all - events) / (double) steps;
    System.out.printf(
        "%d sequences: %.0f bytes a step, %.1f a token, beside events of %.0f bytes%n",
        sequences, perStep, perStep / sequences, events / (double) (sequences * steps));
    assertTrue(
        perStep <= PER_STEP + PER_TOKEN * sequences,
        "%.0f bytes a step of %d sequences".formatted(perStep, sequences));
  }

  /** What so many events cost that hand one token each to a client. */
  private static long eventBytes(ThreadMXBean threads, int count) {
    var outbox = new Outbox(new RequestId("events"));
    int[] tokens = new int[64];
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < count; i++) {
      int end = 1 + i % 60;
      outbox.post(
          new GenerationEvent.Committed(
              TokenIds.of(Arrays.copyOfRange(tokens, end - 1, end)), List.of(), Strategy.PLAIN, 0));
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  private static int drain(List<Outbox> outboxes) {
    int tokens = 0;
    for (Outbox outbox : outboxes) {
      for (var event = outbox.poll(); event != null; event = outbox.poll()) {
        if (event instanceof GenerationEvent.Committed committed) tokens += committed.tokens().size();
      }
    }
    return tokens;
  }

  /** Of every kind of choice. */
  private Outbox submit(Stepper stepper, int number) {
    Sampling sampling =
        switch (number % 4) {
          case 0 -> new Sampling.Greedy();
          case 1 -> new Sampling.Random(0.8f, 10, 0.9f, 0.01f, number);
          case 2 -> new Sampling.Random(1f, 0, 0.95f, 0, number);
          default -> new Sampling.Random(1f, 0, 1, 0, number);
        };
    var adjustments =
        number % 3 == 1 ? new LogitAdjustments(1.1f, 0.2f, 0.1f, Map.of(5, 1f)) : LogitAdjustments.NONE;
    var request =
        new GenerationRequest(
            new RequestId("r" + number),
            TokenIds.of(1, 2, number % 40),
            5_000,
            sampling,
            adjustments,
            new StopRule(List.of(), Set.of(), true, 0, false),
            -1,
            -1,
            new DecodingChoice.Plain(),
            "");
    var outbox = new Outbox(request.id());
    counters.queued.incrementAndGet();
    stepper.accept(
        new Sequence(
            request,
            outbox,
            new PlainDecoding(),
            null,
            BlockPool.namespace("still", ""),
            1 << 16,
            new int[0],
            () -> {},
            System.nanoTime()));
    return outbox;
  }
}
