package io.headrace.engine;

import java.util.function.IntToDoubleFunction;

/**
 * What a pass takes, and what its clock shows of that.
 *
 * @param shape time of a pass by rows, relative to one row
 * @param noise share by which a step's time is off, evenly to either side; a neighbour that comes and goes makes it up to six shares longer for a while
 * @param stalls share of steps that take five times as long
 */
record DraftMachine(IntToDoubleFunction shape, double noise, double stalls) {
  /** Up to eight rows share a reading of the weights: by rows, time relative to one; in between along straight lines. */
  private static final double[][] MEASURED = {{1, 1}, {2, 1.07}, {4, 1.15}, {8, 1.48}, {9, 1.95}, {16, 2.68}, {32, 5.4}, {64, 10.8}, {512, 86.4}};

  /** A two-core machine. */
  static final DraftMachine REAL = new DraftMachine(DraftMachine::measured, 0.05, 0.002);

  /** Where a sequence beside others brings keys and values of its own to read. */
  private static final double COMPANY = 0.07;

  /** Steps for which a neighbour stays as busy as it is. */
  private static final int NEIGHBOUR_STAYS = 60;

  private static final double NEIGHBOUR = 6;
  private static final double STALL = 5;

  /** One whose rows cost so much each. */
  static DraftMachine line(double perRow) {
    return new DraftMachine(rows -> 1 + perRow * (rows - 1), REAL.noise, REAL.stalls);
  }

  DraftMachine with(double noise, double stalls) {
    return new DraftMachine(shape, noise, stalls);
  }

  /** Time of a pass relative to one row of one sequence. */
  double pass(int sequences, int rows) {
    return shape.applyAsDouble(rows) + COMPANY * (sequences - 1);
  }

  /** How many times longer the clock shows a step to take than the same one without noise. */
  double slowdown(int step, Chance chance) {
    if (chance.of(step, 8, 3) < stalls) return STALL;
    double own = 1 + noise * (2 * chance.of(step, 7, 3) - 1);
    return own * (1 + NEIGHBOUR * noise * chance.of(step / NEIGHBOUR_STAYS, 9, 3));
  }

  private static double measured(int rows) {
    int i = 1;
    while (i < MEASURED.length - 1 && rows > MEASURED[i][0]) i++;
    double[] low = MEASURED[i - 1];
    double[] high = MEASURED[i];
    return low[1] + (rows - low[0]) * (high[1] - low[1]) / (high[0] - low[0]);
  }

  @Override
  public String toString() {
    return "rows 2: %.2f, 8: %.2f, 16: %.2f, noise %.2f".formatted(pass(1, 2), pass(1, 8), pass(1, 16), noise);
  }
}
