package io.headrace;

import io.headrace.bench.StepMeter;
import io.headrace.decode.Fidelity;
import io.headrace.decode.OneTokenDecoding;
import io.headrace.engine.Engine;
import io.headrace.engine.EngineOptions;
import io.headrace.engine.Outbox;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.RequestId;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import io.headrace.generation.Strategy;
import io.headrace.generation.TokenIds;
import io.headrace.model.Model;
import io.headrace.schedule.DecodeFirst;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Sequences that decode together in an engine of their own, whose thread is looked at. Their prompts are random tokens; one thread reads
 * what they yield.
 *
 * @param way one of {@link #WAYS}
 * @param depth tokens of each prompt
 */
record StepRun(String way, int sequences, int depth, int warmUp, int steps) {
  /** How tokens are chosen. */
  static final List<String> WAYS = List.of("greedy", "drawn", "penalised", "nucleus");

  /** Output tokens of each sequence: they do not all begin in the same step, but then they decode together for {@code steps}. */
  static int outputs(int warmUp, int steps) {
    return warmUp + steps + 64;
  }

  /**
   * Runs them to their end.
   *
   * @param stopped whether the user wants no more: then what was measured is dropped
   */
  List<StepMeter.Gap> run(Model model, BooleanSupplier stopped) throws InterruptedException {
    StepMeter meter = new StepMeter(model, sequences, warmUp, steps);
    EngineOptions options = EngineOptions.defaults(Set.of()).withStreamStretch(1e6); // prompts as fast as they go
    try (Engine engine =
        new Engine(meter, options, _ -> (_, _) -> null, System::nanoTime, (_, _) -> new Judged(meter), new DecodeFirst())) {
      Thread reader = Thread.currentThread();
      AtomicBoolean told = new AtomicBoolean();
      List<Outbox> outboxes = new ArrayList<>();
      for (int i = 0; i < sequences; i++) {
        Outbox outbox = engine.submit(request(i, model.card().vocabulary()));
        outboxes.add(outbox);
        outbox.listen(true, () -> {
          if (!told.getAndSet(true)) LockSupport.unpark(reader);
        });
      }
      while (!outboxes.isEmpty()) {
        if (!told.getAndSet(false)) LockSupport.park(this);
        if (Thread.interrupted()) throw new InterruptedException();
        if (stopped.getAsBoolean()) return List.of();
        for (Outbox outbox : outboxes) while (outbox.poll() != null) {}
        outboxes.removeIf(Outbox::ended);
      }
    }
    return meter.gaps();
  }

  private GenerationRequest request(int number, int vocabulary) {
    int[] prompt = new SplittableRandom(number).ints(depth, 0, vocabulary).toArray();
    return new GenerationRequest(
        new RequestId("steps-" + number),
        TokenIds.of(prompt),
        outputs(warmUp, steps),
        sampling(number),
        way.equals("penalised") ? new LogitAdjustments(1.1f, 0.2f, 0.1f, Map.of(1, -2f, 2, 2f)) : LogitAdjustments.NONE,
        new StopRule(List.of(), Set.of(), true, 0, false),
        -1,
        -1,
        new DecodingChoice.Plain(),
        "");
  }

  private Sampling sampling(int seed) {
    return switch (way) {
      case "greedy" -> new Sampling.Greedy();
      case "nucleus" -> new Sampling.Random(0.7f, 0, 0.95f, 0, seed);
      default -> new Sampling.Random(0.7f, 40, 0.95f, 0, seed);
    };
  }

  /** Plain decoding that says when it has judged. */
  private static final class Judged extends OneTokenDecoding {
    private final StepMeter meter;

    Judged(StepMeter meter) {
      super(Strategy.PLAIN, Fidelity.EXACT);
      this.meter = meter;
    }

    @Override
    protected void drawn() {
      meter.judged();
    }
  }
}
