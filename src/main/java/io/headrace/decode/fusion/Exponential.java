package io.headrace.decode.fusion;

/**
 * e to the x for many x at once, the same bits everywhere. Multiplications and additions alone, in a loop without branches, so that the
 * compiler makes vector code of it: a polynomial of x / 1024, squared ten times. Relative error below 1e-10 down to {@link #LEAST}.
 */
final class Exponential {
  /** Below, the result is 0. */
  static final double LEAST = -44;

  private static final double PART = 1.0 / 1024;
  private static final double C3 = 1.0 / 6;
  private static final double C4 = 1.0 / 24;
  private static final double C5 = 1.0 / 120;
  private static final double C6 = 1.0 / 720;

  /** What comes out at the least x; taken off every result, which is below what they are right to. */
  private static final double FLOOR = power(LEAST);

  private Exponential() {}

  /** {@code out[i] = e^(x[i] - top)} for {@code i} below {@code count}; {@code top} is the largest of them. */
  static void of(double[] x, double top, double[] out, int count) {
    for (int i = 0; i < count; i++) out[i] = power(Math.max(x[i] - top, LEAST)) - FLOOR;
  }

  private static double power(double x) {
    double y = x * PART;
    double e = 1 + y * (1 + y * (0.5 + y * (C3 + y * (C4 + y * (C5 + y * C6)))));
    e *= e;
    e *= e;
    e *= e;
    e *= e;
    e *= e;
    e *= e;
    e *= e;
    e *= e;
    e *= e;
    e *= e;
    return e;
  }
}
