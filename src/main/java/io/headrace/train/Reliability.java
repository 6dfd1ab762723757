package io.headrace.train;

/**
 * How far a head's word can be taken: among guesses that it gave about a probability, how many were right. Ten bins of equal width.
 */
public final class Reliability {
  /** Bins over [0, 1]. */
  public static final int BINS = 10;

  /**
   * One bin.
   *
   * @param count guesses
   * @param said mean probability that the head gave them
   * @param right share of them that was right
   */
  public record Bin(long count, double said, double right) {}

  private final long[] counts = new long[BINS];
  private final double[] said = new double[BINS];
  private final long[] right = new long[BINS];

  /** Adds a guess. */
  public void add(double probability, boolean hit) {
    int bin = (int) Math.clamp(Math.floor(probability * BINS), 0, BINS - 1);
    counts[bin]++;
    said[bin] += probability;
    if (hit) right[bin]++;
  }

  public Bin bin(int bin) {
    long count = counts[bin];
    return new Bin(count, count == 0 ? 0 : said[bin] / count, count == 0 ? 0 : (double) right[bin] / count);
  }

  /** Expected calibration error: the mean distance of said and right, weighted by count. */
  public double error() {
    long all = 0;
    double sum = 0;
    for (int bin = 0; bin < BINS; bin++) {
      all += counts[bin];
      sum += Math.abs(said[bin] - right[bin]);
    }
    return all == 0 ? Double.NaN : sum / all;
  }
}
