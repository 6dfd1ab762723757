package io.headrace.decode;

/**
 * What something takes, lately: about what half of its runs exceed. Few of them are disturbed, but those take several times as long, and a mean would
 * make what is priced by it look dear.
 *
 * <p>Thread: engine thread. Reads no clock.
 */
public final class RecentTime {
  /** Weight of the newest run. */
  private static final double FRESH = 1 / 16.0;

  /** A run that is further off than such a share counts as one that is as far. */
  private static final double TELLING = 0.5;

  private double nanos;

  /**
   * @param nanos what it is taken for before it ran, above 0
   */
  public RecentTime(double nanos) {
    this.nanos = nanos;
  }

  /** It took so long, nanoseconds. */
  public void took(double took) {
    nanos *= 1 + FRESH * Math.clamp(took / nanos - 1, -TELLING, TELLING);
  }

  /** Nanoseconds. */
  public double nanos() {
    return nanos;
  }
}
