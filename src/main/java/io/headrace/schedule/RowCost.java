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
   * the next. The corrections are what the machine at hand says to that. Ranges of d grow by halves, those of c double. A correction that was never measured is taken from the
   * nearest count of rows that was, in this range or else in that of the next shorter context.
   *
   * Level and corrections are followed as a Kalman filter follows them, each with a variance of its own, relative to its square. A pass without drafts
   * tells of the level alone. One with drafts tells of their product, and what it surprises by is shared between both by how little each is known: at
   * first it is the price of rows, once that is known it is drift. A level grows less known with every step, whoever took it. A plain pass that
   * surprises beyond all that moves the level no more than another, for mostly somebody took the processor away; but the next one is believed.
   *
   * A draft of which nothing was measured is judged by the guess. That can be wrong either way; the policy's probes and its first drafts
   * make it right within some tens of steps. What is not seen: rows of long and of short sequences in one pass are taken to cost the same.
   */
  /** How much a pass varies by itself, squared. */
  private static final double NOISE = 0.08 * 0.08;

  /** How far a level drifts within a step, squared, and what is known of one at least after however long. */
  private static final double DRIFT = 0.006 * 0.006;

  private static final double STRANGE = 0.3 * 0.3;

  /** Beyond so many times its variance a surprise says that something has changed. */
  private static final double SURPRISING = 2.6 * 2.6;

  /** How wrong the guess can be, squared; what is taken from near rows or shorter contexts; and a correction that was measured for long. */
  private static final double GUESSED = 0.25 * 0.25;

  private static final double NEAR = 0.12 * 0.12;
  private static final double KNOWN = 0.012 * 0.012;

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
  private final double[] levelVariance = new double[level.length];
  private final long[] measuredAt = new long[level.length];
  private final double[] variance = new double[correction.length];
  private long steps;

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
    int cell = at * ROWS.length + range(ROWS, rows);
    boolean plain = rows == decoding;
    if (!plain && Double.isNaN(correction[cell])) variance[cell] = Double.isNaN(corrected(decoding, rows, context)) ? GUESSED : NEAR;
    double ofRows = plain ? 0 : variance[cell];
    steps++;
    if (Double.isNaN(level[at])) {
      level[at] = alone;
      levelVariance[at] = NOISE + ofRows;
    } else {
      double ofLevel = Math.min(STRANGE, levelVariance[at] + DRIFT * (steps - measuredAt[at]));
      double surprise = Math.clamp(alone / level[at], 1 / MOST_SURPRISE, MOST_SURPRISE) - 1;
      double all = ofLevel + ofRows + NOISE;
      level[at] *= 1 + ofLevel / all * surprise;
      boolean strange = plain && surprise * surprise > SURPRISING * all;
      levelVariance[at] = strange ? STRANGE : ofLevel * (1 - ofLevel / all);
      if (!plain) {
        correction[cell] = ratio / guess(decoding, rows) * (1 + ofRows / all * surprise);
        variance[cell] = Math.max(KNOWN, ofRows * (1 - ofRows / all));
      }
    }
    measuredAt[at] = steps;
  }

  /** How many times longer a pass takes with {@code rows} than with one row for each sequence; at least 1. */
  public double ratio(int decoding, int rows, int context) {
    if (rows <= decoding) return 1;
    double corrected = corrected(decoding, rows, context);
    return Math.max(1, guess(decoding, rows) * (Double.isNaN(corrected) ? 1 : corrected));
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

  /** The nearest correction; NaN where there is none. */
  private double corrected(int decoding, int rows, int context) {
    int wanted = range(ROWS, rows);
    for (int range = contextRange(context); range >= 0; range--) {
      int first = (range(DECODING, decoding) * CONTEXTS + range) * ROWS.length;
      for (int far = 0; far < ROWS.length; far++) {
        if (wanted - far > 0 && !Double.isNaN(correction[first + wanted - far])) return correction[first + wanted - far];
        if (wanted + far < ROWS.length && !Double.isNaN(correction[first + wanted + far])) return correction[first + wanted + far];
      }
    }
    return Double.NaN;
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

  /** The range of numbers of sequences that one belongs to, of less than 32. */
  static int range(int decoding) {
    return range(DECODING, decoding);
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
