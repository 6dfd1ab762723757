package io.headrace.schedule;

import java.util.Arrays;

/**
 * What rows of drafts cost: how many times longer a pass takes with more rows than sequences, as measured lately.
 *
 * <p>Thread: engine thread. Reads no clock.
 */
public final class RowCost {
  /*
   * A pass of r rows over d sequences at context c is expected to take
   *
   *   level(d, c) x company(d) x (1 + (shape(r) - shape(d)) / company(d)) x correction(d, c, r).
   *
   * The level is what a pass of one sequence and row would take; it moves fast, for a machine's speed drifts within seconds. Company is
   * what sequences cost, each with keys and values of its own to read; shape is what rows cost in the products with the weights. Both are
   * guesses from a two-core machine: up to eight rows share one reading of the weights and cost little more than one, the ninth begins
   * the next. The corrections are what the machine at hand says to that; they move slowly and apart from the level, so that drift is not
   * taken for the price of a row. Ranges of d grow by halves, those of c double. A correction that was never measured is taken from the
   * nearest count of rows that was, in this range or else in that of the next shorter context.
   *
   * A draft of which nothing was measured is judged by the guess. That can be wrong either way; the policy's probes and its first drafts
   * make it right within some tens of steps. What is not seen: rows of long and of short sequences in one pass are taken to cost the same.
   */
  private static final double FAST = 0.125;

  /** Least weight of a drafted pass for its correction; the first weigh more. */
  private static final double SLOW = 1 / 24.0;

  /** Weight of a drafted pass for the level: where every pass is drafted, drift must still be followed. */
  private static final double DRIFT = 1 / 12.0;

  /** A pass that took longer than so many times what was expected counts as that: somebody took the processor away. */
  private static final double MOST_SURPRISE = 2;

  /** Time of a pass that each further sequence adds, relative to one alone. */
  private static final double SEQUENCE = 0.14;

  /** Upper ends of the ranges of sequences, inclusive. */
  private static final int[] DECODING = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, Integer.MAX_VALUE};

  private static final int CONTEXTS = 6;

  /** Upper ends of the ranges of rows, inclusive; what is beyond falls into the last. */
  private static final int[] ROWS = {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 32, 48, 64, 96, 128, Integer.MAX_VALUE};

  /** Time of a pass by rows, relative to one; in between and beyond along straight lines. */
  private static final double[][] SHAPE = {
    {1, 1}, {2, 1.04}, {4, 1.17}, {6, 1.31}, {8, 1.47}, {9, 1.93}, {12, 2.2}, {16, 2.7}, {32, 5.4}, {64, 10.8}
  };

  private final double[] level = new double[DECODING.length * CONTEXTS];
  private final double[] correction = new double[DECODING.length * CONTEXTS * ROWS.length];
  private final int[] seen = new int[correction.length];

  /** Nothing measured. */
  public RowCost() {
    Arrays.fill(level, Double.NaN);
    Arrays.fill(correction, Double.NaN);
  }

  /**
   * Takes in a step without prompts.
   *
   * @param decoding sequences that decoded, at least 1
   * @param rows of the pass, at least {@code decoding}
   * @param context tokens computed before, the mean of these sequences
   * @param nanos how long the step took
   */
  public void measured(int decoding, int rows, int context, double nanos) {
    int at = at(decoding, context);
    double ratio = ratio(decoding, rows, context);
    double alone = nanos / company(decoding) / ratio;
    if (Double.isNaN(level[at])) {
      level[at] = alone;
      return;
    }
    double surprise = Math.clamp(alone / level[at], 1 / MOST_SURPRISE, MOST_SURPRISE);
    if (rows == decoding) {
      level[at] *= 1 + FAST * (surprise - 1);
      return;
    }
    int cell = at * ROWS.length + range(ROWS, rows);
    double known = ratio / guess(decoding, rows);
    double weight = Math.max(SLOW, 0.5 / ++seen[cell]);
    correction[cell] = known * (1 + weight * (surprise - 1));
    level[at] *= 1 + DRIFT * (surprise - 1);
  }

  /** How many times longer a pass takes with {@code rows} than with one row for each sequence; at least 1. */
  public double ratio(int decoding, int rows, int context) {
    if (rows <= decoding) return 1;
    return Math.max(1, guess(decoding, rows) * correction(decoding, rows, context));
  }

  /** Nanoseconds of a step without drafts and prompts; NaN when nothing like it was measured. */
  public double plain(int decoding, int context) {
    int range = contextRange(context);
    for (int shorter = range; shorter >= 0; shorter--) {
      double known = level[range(DECODING, decoding) * CONTEXTS + shorter];
      if (!Double.isNaN(known)) return known * company(decoding);
    }
    return Double.NaN;
  }

  private double correction(int decoding, int rows, int context) {
    int wanted = range(ROWS, rows);
    for (int range = contextRange(context); range >= 0; range--) {
      int first = (range(DECODING, decoding) * CONTEXTS + range) * ROWS.length;
      for (int far = 0; far < ROWS.length; far++) {
        if (wanted - far > 0 && !Double.isNaN(correction[first + wanted - far])) return correction[first + wanted - far];
        if (wanted + far < ROWS.length && !Double.isNaN(correction[first + wanted + far])) return correction[first + wanted + far];
      }
    }
    return 1;
  }

  /** How many times longer a pass takes with {@code rows} than with a row for each sequence. */
  private static double guess(int decoding, int rows) {
    return 1 + (shape(rows) - shape(decoding)) / company(decoding);
  }

  private static double company(int decoding) {
    return 1 + SEQUENCE * (decoding - 1);
  }

  static double shape(double rows) {
    int i = 1;
    while (i < SHAPE.length - 1 && rows > SHAPE[i][0]) i++;
    double[] low = SHAPE[i - 1];
    double[] high = SHAPE[i];
    return low[1] + (rows - low[0]) * (high[1] - low[1]) / (high[0] - low[0]);
  }

  private static int at(int decoding, int context) {
    return range(DECODING, decoding) * CONTEXTS + contextRange(context);
  }

  /** Below 256, 512, 1024, 2048, 4096, and all above. */
  private static int contextRange(int context) {
    return Math.min(CONTEXTS - 1, 32 - Integer.numberOfLeadingZeros(context >> 8));
  }

  private static int range(int[] ends, int value) {
    int range = 0;
    while (value > ends[range]) range++;
    return range;
  }
}
