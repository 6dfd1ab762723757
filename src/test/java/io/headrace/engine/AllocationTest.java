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
import io.headrace.generation.TokenIds;
import io.headrace.kv.BlockPool;
import io.headrace.schedule.DecodeFirst;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the engine thread allocates while it decodes. */
final class AllocationTest {
  /** Bytes of a token: its share of a list of tokens that doubles, of a table of blocks, of the distinct tokens that are counted. */
  private static final int PER_TOKEN = 16;

  private static final int STEPS = 400;

  private final EngineCounters counters = new EngineCounters();

  @ParameterizedTest(name = "{0} sequences")
  @ValueSource(ints = {1, 8, 32})
  void aTokenCostsNoMemory(int sequences) {
    decode(sequences, new StillModel(1 << 16, 1 << 15));
  }

  @ParameterizedTest(name = "{0} sequences")
  @ValueSource(ints = {1, 32})
  void noneWhereNativeKernelsChooseEither(int sequences, @TempDir Path folder) {
    Optional<Path> library = Optional.ofNullable(System.getProperty("headrace.native.path")).map(Path::of);
    try (Kernels kernels = Kernels.open(new KernelsOptions(2, true, Optional.empty(), 100, library, folder))) {
      Assumptions.assumeTrue(kernels.chooses(), "no native kernels here");
      decode(sequences, new StillModel(1 << 16, 1 << 15, kernels));
    }
  }

  private void decode(int sequences, StillModel model) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Assumptions.assumeTrue(threads.isThreadAllocatedMemorySupported(), "this JVM does not count allocation");
    var stepper =
        new Stepper(model, EngineOptions.defaults(Set.of()), new DecodeFirst(), System::nanoTime, counters);
    List<Outbox> outboxes = new ArrayList<>();
    for (int i = 0; i < sequences; i++) outboxes.add(submit(stepper, i));
    for (int i = 0; i < 600; i++) {
      stepper.step();
      if (i % 10 == 0) drain(outboxes);
    }
    drain(outboxes);
    long all = 0;
    int tokens = 0;
    for (int i = 0; i < STEPS; i++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      stepper.step();
      all += threads.getCurrentThreadAllocatedBytes() - before;
      tokens += drain(outboxes); // what makes the events is not the engine's thread
    }
    assertEquals(sequences * STEPS, tokens, "every step gives every sequence a token");
    double perToken = all / (double) tokens;
    System.out.printf("%d sequences: %.1f bytes a token%n", sequences, perToken);
    assertTrue(perToken <= PER_TOKEN, "%.1f bytes a token of %d sequences".formatted(perToken, sequences));
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
    var outbox = new Outbox(request.id(), _ -> {});
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
