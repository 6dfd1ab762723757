package io.headrace.schedule;

import java.util.Arrays;

/**
 * How much longer further rows make the passes of one number of sequences at one length of context: as guessed, as far as this machine does not say
 * otherwise.
 *
 * <p>With {@code w} and {@code b} what is guessed of rows within the first tile and beyond it, it is {@code (1 + W w + B b) (1 + own)}. The scales are all
 * rows': a machine that computes slowly for what it reads pays more for every one of them, and passes of many rows, where it shows most, tell of few.
 * What a number of rows is off by itself is small and fades, so that what disturbed passes said of it is forgotten though it is never tried again.
 * All are followed as a Kalman filter follows them.
 *
 * <p>Thread: engine thread. Reads no clock.
 */
final class RowStretch {
  /**
   * Time of a pass by rows, relative to one; in between and beyond along straight lines. A guess from a two-core machine: up to eight rows share one
   * reading of the weights and cost little more than one, the ninth begins the next.
   */
  private static final double[][] SHAPE = {
    {1, 1}, {2, 1.04}, {4, 1.17}, {6, 1.31}, {8, 1.47}, {9, 1.93}, {12, 2.2}, {16, 2.7}, {32, 5.4}, {64, 10.8}
  };

  private static final int TILE = 8;

  /** How far off the guess may scale, squared, where nothing was measured; what a longer context adds to that; and a pass. Relative where it is above 1. */
  private static final double GUESSED = 1;

  private static final double NEAR = 0.4 * 0.4;
  private static final double DRIFT = 0.01 * 0.01;

  /** Where a row of the first tile costs a whole pass. */
  private static final double MOST_SCALE = 30;

  /** How far off a number of rows may be by itself, squared. */
  private static final double OWN = 0.03 * 0.03;

  /** Steps after which what was seen of that has faded to a third. */
  private static final double MEMORY = 400;

  /** Upper ends of the ranges of rows, inclusive; what is beyond falls into the last. */
  private static final int[] ROWS = {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 32, 48, 64, 96, 128, Integer.MAX_VALUE};

  /** Nothing measured; not to be taught. */
  static final RowStretch GUESS = new RowStretch();

  private final double[] own = new double[ROWS.length];
  private final double[] ownVariance = new double[ROWS.length];
  private final long[] seenAt = new long[ROWS.length];
  private double within = 1;
  private double beyond = 1;
  private double withinVariance = GUESSED;
  private double beyondVariance = GUESSED;

  private RowStretch() {
    Arrays.fill(ownVariance, OWN);
  }

  /** Begins with what is known of a shorter context. */
  static RowStretch after(RowStretch shorter) {
    var begun = new RowStretch();
    begun.within = shorter.within;
    begun.beyond = shorter.beyond;
    begun.withinVariance = Math.min(GUESSED, shorter.withinVariance + NEAR);
    begun.beyondVariance = Math.min(GUESSED, shorter.beyondVariance + NEAR);
    System.arraycopy(shorter.own, 0, begun.own, 0, ROWS.length);
    System.arraycopy(shorter.seenAt, 0, begun.seenAt, 0, ROWS.length);
    return begun;
  }

  /** How many times longer a pass of {@code rows} takes than one of {@code decoding} at step {@code step}. */
  double ratio(int decoding, int rows, long step) {
    int range = RowCost.range(ROWS, rows);
    return scaled(decoding, rows) * (1 + own[range] * kept(range, step));
  }

  /** How far that may be off, relative to it, squared. */
  double variance(int decoding, int rows, long step) {
    double scaled = scaled(decoding, rows);
    double ofWithin = doubt(withinVariance, slope(within, guessWithin(decoding, rows), scaled));
    double ofBeyond = doubt(beyondVariance, slope(beyond, guessBeyond(decoding, rows), scaled));
    return ofWithin + ofBeyond + ownDoubt(RowCost.range(ROWS, rows), step);
  }

  /**
   * A pass took longer than expected.
   *
   * @param surprise by how much, relative to what was expected
   * @param all variance of that, {@link #variance} included
   */
  void learn(int decoding, int rows, long step, double surprise, double all) {
    double scaled = scaled(decoding, rows);
    double slope = slope(within, guessWithin(decoding, rows), scaled);
    within = moved(within, withinVariance * slope / all * surprise);
    withinVariance = left(withinVariance, slope, all);
    slope = slope(beyond, guessBeyond(decoding, rows), scaled);
    beyond = moved(beyond, beyondVariance * slope / all * surprise);
    beyondVariance = left(beyondVariance, slope, all);
    int range = RowCost.range(ROWS, rows);
    double ofOwn = ownDoubt(range, step);
    own[range] = own[range] * kept(range, step) + ofOwn / all * surprise;
    ownVariance[range] = ofOwn * (1 - ofOwn / all);
    seenAt[range] = step;
  }

  private double scaled(int decoding, int rows) {
    return 1 + within * guessWithin(decoding, rows) + beyond * guessBeyond(decoding, rows);
  }

  /** How much a ratio moves, relative to it, with a scale of which {@code guess} is scaled. */
  private static double slope(double scale, double guess, double scaled) {
    return Math.max(1, scale) * guess / scaled;
  }

  private static double moved(double scale, double by) {
    return Math.clamp(scale + Math.max(1, scale) * by, 0, MOST_SCALE);
  }

  private static double left(double variance, double slope, double all) {
    return Math.min(GUESSED, variance * (1 - doubt(variance, slope) / all) + DRIFT);
  }

  private static double doubt(double variance, double slope) {
    return variance * slope * slope;
  }

  private double ownDoubt(int range, long step) {
    double kept = kept(range, step);
    return OWN + (ownVariance[range] - OWN) * kept * kept;
  }

  private double kept(int range, long step) {
    return Math.exp((seenAt[range] - step) / MEMORY);
  }

  private static double guessWithin(int decoding, int rows) {
    return decoding >= TILE ? 0 : (shape(Math.min(rows, TILE)) - shape(decoding)) / RowCost.company(decoding);
  }

  private static double guessBeyond(int decoding, int rows) {
    int first = Math.max(decoding, TILE);
    return rows <= first ? 0 : (shape(rows) - shape(first)) / RowCost.company(decoding);
  }

  private static double shape(double rows) {
    int i = 1;
    while (i < SHAPE.length - 1 && rows > SHAPE[i][0]) i++;
    double[] low = SHAPE[i - 1];
    double[] high = SHAPE[i];
    return low[1] + (rows - low[0]) * (high[1] - low[1]) / (high[0] - low[0]);
  }
}
