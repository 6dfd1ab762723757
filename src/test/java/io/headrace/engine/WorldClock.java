package io.headrace.engine;

import java.util.function.LongSupplier;

/** Time in a {@link DraftWorld}: it passes where something is computed, as much as the world says, and nowhere else. */
final class WorldClock implements LongSupplier {
  /** A pass over one row of one sequence. */
  private static final double PASS = 7e6;

  /** Looking at a row of guesses. */
  private static final double READ = 12_000;

  /** What a step takes beside passes and heads. */
  private static final double STEP = 60_000;

  private final DraftWorld world;
  private final Chance chance;
  private int steps;

  /** What the clock shows, noise and all; and what it would show without noise, by which worlds are measured; and what of that were heads. */
  private double shown;

  private double fair;
  private double heads;

  WorldClock(DraftWorld world, Chance chance) {
    this.world = world;
    this.chance = chance;
  }

  @Override
  public long getAsLong() {
    return (long) shown;
  }

  /** Nanoseconds that passed but for noise. */
  double fair() {
    return fair;
  }

  /** Those of them that heads took. */
  double heads() {
    return heads;
  }

  /** The world as it is now. */
  DraftWorld world() {
    return world.at(steps);
  }

  void pass(int sequences, int rows) {
    takes(PASS * world().machine().pass(sequences, rows));
  }

  /** Rows share a reading of a head's weights, too. */
  void head(int rows) {
    headTakes(world().heads().cost() * PASS * (1 + 0.02 * (rows - 1) + 0.08 * Math.max(0, rows - 8)));
  }

  void read() {
    headTakes(READ);
  }

  /** A step ends. */
  void step() {
    takes(STEP);
    steps++;
  }

  private void headTakes(double nanos) {
    heads += nanos;
    takes(nanos);
  }

  private void takes(double nanos) {
    fair += nanos;
    shown += nanos * world().machine().slowdown(steps, chance);
  }
}
