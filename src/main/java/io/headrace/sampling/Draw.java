package io.headrace.sampling;

/** The inverse distribution function over whole numbers. Any thread. */
final class Draw {
  private Draw() {}

  /**
   * The chosen token is the one at which the running sum of weights first exceeds this: {@code u} times the total, below the total.
   *
   * @param u in [0, 1)
   * @param total above 0
   */
  static long target(double u, long total) {
    return Math.min((long) (u * total), total - 1);
  }
}
