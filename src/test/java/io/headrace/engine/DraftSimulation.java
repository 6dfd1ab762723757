package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.headrace.decode.DecodingStrategy;
import io.headrace.decode.StrategySource;
import io.headrace.decode.medusa.HeadsDrafter;
import io.headrace.decode.medusa.SharedHeads;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.kv.BlockPool;
import io.headrace.schedule.DecodeFirst;
import io.headrace.testing.Requests;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Runs the true step, with the true drafters and policies, in a {@link DraftWorld}. Equal worlds and seeds, equal figures. */
final class DraftSimulation implements AutoCloseable {
  /**
   * What came of it, once prompts were computed.
   *
   * @param tokens of all sequences
   * @param nanos that passed, but for noise
   * @param heads nanoseconds of these that heads took
   */
  record Outcome(long tokens, double nanos, double heads) {
    double rate() {
      return tokens / nanos;
    }

    double headShare() {
      return heads / nanos;
    }
  }

  private final DraftWorld world;
  private final DecodingChoice choice;
  private final WorldTexts texts;
  private final WorldClock clock;
  private final EngineCounters counters = new EngineCounters();
  private final WorldModel model;
  private final Stepper stepper;
  private final SharedHeads heads;
  private final StrategySource source;

  private DraftSimulation(DraftWorld world, DecodingChoice choice, long seed) {
    this.world = world;
    this.choice = choice;
    var chance = new Chance(seed);
    texts = new WorldTexts(world.groups() * world.batch(), world.copies(), chance);
    clock = new WorldClock(world, chance);
    model = new WorldModel(texts, clock);
    EngineOptions options = EngineOptions.defaults(Set.of()).withMaxRunning(world.batch()).withPrefixCache(false);
    stepper = new Stepper(model, options, new DecodeFirst(), clock, counters);
    var guessing = new WorldHeads(texts, clock, chance);
    heads = new SharedHeads(guessing, guessing.card(), clock);
    source = StrategySource.ofChoice((_, most) -> new HeadsDrafter(heads, most), List.of());
  }

  /** How many times as fast as plain decoding {@code auto} is. */
  static double gain(DraftWorld world, long seed) {
    return auto(world, seed).rate() / run(world, new DecodingChoice.Plain(), seed).rate();
  }

  static Outcome auto(DraftWorld world, long seed) {
    return run(world, DecodingChoice.Auto.DEFAULT, seed);
  }

  private static Outcome run(DraftWorld world, DecodingChoice choice, long seed) {
    try (var simulation = new DraftSimulation(world, choice, seed)) {
      return simulation.run();
    }
  }

  private Outcome run() {
    long tokens = 0;
    double nanos = 0;
    for (int group = 0; group < world.groups(); group++) {
      List<Sequence> sequences = new ArrayList<>();
      int first = group * world.batch();
      for (int text = first; text < first + world.batch(); text++) sequences.add(begin(text));
      step(); // prompts are nobody's decoding
      double from = clock.fair();
      while (stepper.hasWork()) step();
      nanos += clock.fair() - from;
      for (int i = 0; i < sequences.size(); i++) tokens += check(sequences.get(i), first + i);
    }
    return new Outcome(tokens, nanos, clock.heads());
  }

  private Sequence begin(int text) {
    GenerationRequest request = Requests.decoded(Requests.plain("s" + text, texts.output(text), texts.prompt(text)), choice);
    DecodingStrategy strategy = source.strategyFor(request, model.capabilities());
    long space = BlockPool.namespace("w", "");
    var sequence = new Sequence(request, new Outbox(request.id(), _ -> {}), strategy, null, space, WorldModel.WINDOW, new int[0], () -> {}, 0);
    counters.queued.incrementAndGet();
    stepper.accept(sequence);
    return sequence;
  }

  private void step() {
    stepper.step();
    clock.step();
  }

  /** Tokens of an output, which is the text. */
  private int check(Sequence sequence, int text) {
    assertEquals(WorldTexts.PROMPT + texts.output(text), sequence.size());
    for (int at = 0; at < sequence.size(); at++) assertEquals(texts.token(text, at), sequence.token(at));
    return texts.output(text);
  }

  @Override
  public void close() {
    heads.close();
  }
}
