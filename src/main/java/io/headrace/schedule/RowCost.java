package io.headrace.schedule;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What rows of drafts cost: how many times longer a pass takes with more rows than sequences, as measured lately.
 *
 * <p>Thread: engine thread. Reads no clock.
 */
public final class RowCost {
  /*
   * A pass of r rows over d sequences at context c is expected to take
   *
   *   level(d, c) x company(d) x stretch(d, c, r).
   *
   * The level is what a pass of one sequence and row would take; it moves fast, for a machine's speed drifts within seconds. Company is
   * what sequences cost, each with keys and values of its own to read. Both this and what the stretch begins with are guesses from a
   * two-core machine; what the machine at hand says to that moves the stretch (RowStretch). Ranges of d grow by halves, those of c double.
   * Where nothing was measured of rows at a context, that of the next shorter one holds.
   *
   * Level and stretch are followed as a Kalman filter follows them, each with a variance of its own, relative to its square. A pass without drafts
   * tells of the level alone. One with drafts tells of their product, and what it surprises by is shared between both by how little each is known: at
   * first it is the price of rows, once that is known it is drift. A level grows less known with every step, whoever took it.
   *
   * Of passes that were measured on a machine shared with others one in ten took a fifth longer than those around it and one in a hundred three
   * times as long: somebody took the processor away. Rows that look dear for one such pass are not tried again, and so would look dear for long. So
   * a level takes from a pass no more surprise than its variances allow; beyond that it is doubted, and the next pass is believed. And of rows a
   * pass tells little more than whether it took longer or less long than expected, once something is known of them: what half of the passes
   * exceed is what counts, not their mean.
   *
   * A draft of which nothing was measured is judged by the guess. That can be wrong either way; the policy's probes and its first drafts
   * make it right within some tens of steps. What is not seen: rows of long and of short sequences in one pass are taken to cost the same.
   */
  /** How much a pass varies by itself, squared. */
  private static final double NOISE = 0.08 * 0.08;

  /** How far a level drifts within a step, squared, and what is known of one at least after however long. */
  private static final double DRIFT = 0.006 * 0.006;

  private static final double STRANGE = 0.3 * 0.3;

  /** Beyond so many deviations a surprise says that something has changed, or nothing. */
  private static final double SURPRISING = 2;

  /** Of the noise of a pass so many deviations tell of rows. */
  private static final double TELLING = 0.3;

  /** A pass that took longer than so many times what was expected counts as that, before anything else. */
  private static final double MOST_SURPRISE = 2;

  /** Time of a pass that each further sequence adds, relative to one alone. */
  private static final double SEQUENCE = 0.14;

  /** Upper ends of the ranges of sequences, inclusive. */
  private static final int[] DECODING = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, Integer.MAX_VALUE};

  private static final int CONTEXTS = 6;

  private final double[] level = new double[DECODING.length * CONTEXTS];
  private final double[] levelVariance = new double[level.length];
  private final long[] measuredAt = new long[level.length];
  private final @Nullable RowStretch[] stretches = new RowStretch[level.length];
  private long steps;

  /** Nothing measured. */
  public RowCost() {
    Arrays.fill(level, Double.NaN);
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
    double alone = nanos / company(decoding) / ratio(decoding, rows, context);
    RowStretch stretch = rows == decoding ? null : here(decoding, context);
    double ofRows = stretch == null ? 0 : stretch.variance(decoding, rows, steps);
    steps++;
    if (Double.isNaN(level[at])) {
      level[at] = alone;
      levelVariance[at] = NOISE + ofRows;
    } else {
      double ofLevel = Math.min(STRANGE, levelVariance[at] + DRIFT * (steps - measuredAt[at]));
      double all = ofLevel + ofRows + NOISE;
      double surprise = Math.clamp(alone / level[at], 1 / MOST_SURPRISE, MOST_SURPRISE) - 1;
      double usual = SURPRISING * Math.sqrt(all);
      level[at] *= 1 + ofLevel / all * Math.clamp(surprise, -usual, usual);
      levelVariance[at] = Math.abs(surprise) > usual ? STRANGE : ofLevel * (1 - ofLevel / all);
      if (stretch != null) {
        double telling = TELLING * Math.sqrt(NOISE) + SURPRISING * Math.sqrt(ofRows);
        stretch.learn(decoding, rows, steps, Math.clamp(surprise, -telling, telling), all);
      }
    }
    measuredAt[at] = steps;
  }

  /** How many times longer a pass takes with {@code rows} than with one row for each sequence; at least 1. */
  public double ratio(int decoding, int rows, int context) {
    if (rows <= decoding) return 1;
    return Math.max(1, nearest(decoding, context).ratio(decoding, rows, steps));
  }

  /** What is known of rows at a context or the next shorter one. */
  private RowStretch nearest(int decoding, int context) {
    for (int at = at(decoding, context), end = at(decoding, 0); at >= end; at--) {
      RowStretch known = stretches[at];
      if (known != null) return known;
    }
    return RowStretch.GUESS;
  }

  private RowStretch here(int decoding, int context) {
    int at = at(decoding, context);
    RowStretch here = stretches[at];
    if (here == null) stretches[at] = here = RowStretch.after(nearest(decoding, context));
    return here;
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

  static double company(int decoding) {
    return 1 + SEQUENCE * (decoding - 1);
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

  /** The first of the {@code ends} that is not below {@code value}. */
  static int range(int[] ends, int value) {
    int range = 0;
    while (value > ends[range]) range++;
    return range;
  }
}
