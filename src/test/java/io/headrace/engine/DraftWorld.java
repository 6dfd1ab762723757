package io.headrace.engine;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A machine, texts and heads of which everything is known: what drafting is worth there can be computed, without a clock.
 *
 * @param batch sequences at once
 * @param groups of so many, decoded one after the other
 * @param copies how often, at any token, a text begins to repeat a passage of itself
 * @param machine on which passes take their time
 * @param heads that guess
 * @param later what holds from step {@link #TURN} on, but for batch, groups and texts; null if nothing changes
 */
record DraftWorld(int batch, int groups, double copies, DraftMachine machine, Skill heads, @Nullable DraftWorld later) {
  /** The step at which a world changes that does. */
  static final int TURN = 200;

  /**
   * What heads cost and can do.
   *
   * @param cost of a head for one row, relative to a pass of one row
   * @param kept share of the guesses said to be right that are: below 1 they say more than they keep, as they do of drawn answers
   * @param right how often the first guess of each is said to be right, those before it being right
   */
  record Skill(double cost, double kept, double... right) {
    @Override
    public String toString() {
      return "cost %.3f, kept %.2f, right %s".formatted(cost, kept, Arrays.stream(right).mapToObj("%.2f"::formatted).toList());
    }
  }

  static DraftWorld alpaca(int batch) {
    return new DraftWorld(batch, Math.clamp(40 / batch, 2, 24), 0.012, DraftMachine.REAL, new Skill(0.055, 1, 0.45, 0.36, 0.32), null);
  }

  static DraftWorld gsm(int batch) {
    return alpaca(batch).right(0.646, 0.542, 0.506).copies(0.03);
  }

  /** Alpaca at temperature 1. */
  static DraftWorld drawn(int batch) {
    return alpaca(batch).kept(0.6).copies(0.004);
  }

  /** Neither heads nor copies have anything to offer. */
  static DraftWorld hopeless(int batch) {
    return alpaca(batch).kept(0.03).copies(0);
  }

  /** Anything, within bounds. */
  static DraftWorld any(SplittableRandom random) {
    double first = 0.9 * random.nextDouble();
    DraftWorld world =
        alpaca(one(random, 1, 1, 2, 3, 4, 6, 8, 8, 12, 16, 32))
            .right(first, first * 0.8, first * 0.7)
            .kept(oneOf(random, 0.05, 0.3, 0.5, 0.7, 0.9, 1))
            .headCost(0.3 * random.nextDouble() * random.nextDouble())
            .copies(random.nextInt(2) * 0.04 * random.nextDouble());
    if (random.nextBoolean()) world = world.on(DraftMachine.line(oneOf(random, 0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1)));
    return random.nextBoolean() ? world : world.noise(0.2, 0.01);
  }

  private static int one(SplittableRandom random, int... all) {
    return all[random.nextInt(all.length)];
  }

  private static double oneOf(SplittableRandom random, double... all) {
    return all[random.nextInt(all.length)];
  }

  /** As it is at a step. */
  DraftWorld at(int step) {
    return later == null || step < TURN ? this : later;
  }

  DraftWorld groups(int groups) {
    return new DraftWorld(batch, groups, copies, machine, heads, later);
  }

  DraftWorld copies(double copies) {
    return new DraftWorld(batch, groups, copies, machine, heads, later);
  }

  DraftWorld on(DraftMachine machine) {
    return new DraftWorld(batch, groups, copies, machine, heads, later);
  }

  DraftWorld noise(double noise, double stalls) {
    return on(machine.with(noise, stalls));
  }

  /** The clock shows up to two and a half times what steps take, for a while. */
  DraftWorld besideNeighbour() {
    return noise(0.25, 0.002);
  }

  DraftWorld heads(Skill heads) {
    return new DraftWorld(batch, groups, copies, machine, heads, later);
  }

  DraftWorld headCost(double cost) {
    return heads(new Skill(cost, heads.kept, heads.right));
  }

  DraftWorld kept(double kept) {
    return heads(new Skill(heads.cost, kept, heads.right));
  }

  DraftWorld right(double... right) {
    return heads(new Skill(heads.cost, heads.kept, right));
  }

  DraftWorld then(DraftWorld later) {
    return new DraftWorld(batch, groups, copies, machine, heads, later);
  }
}
