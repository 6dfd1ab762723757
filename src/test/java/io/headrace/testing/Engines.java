package io.headrace.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.headrace.decode.StrategySource;
import io.headrace.engine.Companion;
import io.headrace.engine.Engine;
import io.headrace.engine.EngineOptions;
import io.headrace.engine.Outbox;
import io.headrace.engine.StopProbe;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.StopRule;
import io.headrace.kv.PoolInvariants;
import io.headrace.kv.PoolSnapshot;
import io.headrace.model.Model;
import io.headrace.schedule.DecodeFirst;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Engines for tests, on the system's clock, and what tests ask of any. */
public final class Engines {
  private Engines() {}

  /** For outputs without stop strings, decoded as they ask for it. */
  public static Engine of(Model model, EngineOptions options) {
    return of(model, options, StrategySource.ofChoice());
  }

  /** For outputs without stop strings. */
  public static Engine of(Model model, EngineOptions options, StrategySource strategies) {
    return of(model, List.of(), options, strategies);
  }

  /** For outputs without stop strings. */
  public static Engine of(Model model, List<Companion> companions, EngineOptions options, StrategySource strategies) {
    return of(model, companions, options, Engines::noText, strategies);
  }

  /** For outputs whose text is what the probes take it for. */
  public static Engine of(
      Model model, List<Companion> companions, EngineOptions options, Function<StopRule, StopProbe> probes, StrategySource strategies) {
    return new Engine(model, companions, options, probes, System::nanoTime, strategies, new DecodeFirst());
  }

  private static StopProbe noText(StopRule rule) {
    throw new AssertionError("no request here has stop strings");
  }

  /** Text of a token: its number in brackets. */
  public static StopProbe bracketed(StopRule rule) {
    var text = new StringBuilder();
    return (token, armed) -> {
      text.append('[').append(token).append(']');
      if (!armed) {
        text.setLength(0);
        return null;
      }
      return rule.strings().stream().filter(stop -> text.indexOf(stop) >= 0).findFirst().orElse(null);
    };
  }

  /** Submits all at once and waits for the last. */
  public static List<Answer> answers(Engine engine, List<GenerationRequest> requests) throws InterruptedException {
    List<Outbox> outboxes = new ArrayList<>();
    for (GenerationRequest request : requests) outboxes.add(engine.submit(request));
    List<Answer> answers = new ArrayList<>();
    for (Outbox outbox : outboxes) answers.add(Answer.await(outbox));
    return answers;
  }

  /** Nobody holds a block, and the pool is sound. */
  public static void expectNothingHeld(Engine engine) {
    PoolSnapshot pool = engine.photographPool().join();
    assertEquals(List.of(), PoolInvariants.violations(pool));
    assertEquals(0, pool.held().size());
  }
}
