package io.headrace.sampling;

/**
 * The exponential function for arguments of 0 and below, one fixed sequence of operations on every
 * machine. Any thread.
 */
final class Exponential {
  /*
   * Math.exp may differ by an ulp between machines, StrictMath.exp is slow; a seed should give the
   * same text everywhere. The argument is split as x = n ln 2 + r with |r| <= ln 2 / 2 (ln 2 in two
   * parts, so that r is exact to the last bits), e^r is the Taylor polynomial of degree 11
   * (remainder below 1e-14), and 2^n is put into the exponent.
   */
  private static final double LOG2_E = 1.4426950408889634;
  private static final double LN2_HIGH = 6.93147180369123816490e-01;
  private static final double LN2_LOW = 1.90821492927058770002e-10;

  /** Below this the result counts as 0; e^-700 is near the smallest normal number. */
  static final double LEAST = -700;

  private Exponential() {}

  /** e^x for {@code x <= 0}, relative error below 1e-14; 0 below -700. */
  static double exp(double x) {
    double n = power(x);
    return joined(x, n, polynomial(x, n));
  }

  /**
   * The greater part of the work for {@code count} exponents: {@code n[i]}, and {@code e^r} in {@code
   * parts[from + i]}; {@link #joined} makes the results. Apart so that this loop becomes vectors, which
   * moving bits into an exponent would prevent.
   */
  static void split(double[] x, double[] n, double[] parts, int from, int count) {
    for (int i = 0; i < count; i++) n[i] = power(x[i]);
    for (int i = 0; i < count; i++) parts[from + i] = polynomial(x[i], n[i]);
  }

  /** e^x from what {@link #split} left. */
  static double joined(double x, double n, double part) {
    return x >= LEAST ? part * Double.longBitsToDouble(((long) n + 1023L) << 52) : 0;
  }

  /** x log2 e, rounded to the nearest integer; x is 0 or below, so rounding up is cutting off. */
  private static double power(double x) {
    return Math.ceil(x * LOG2_E - 0.5);
  }

  private static double polynomial(double x, double n) {
    double r = x - n * LN2_HIGH - n * LN2_LOW;
    double sum = 1 / 39916800.0;
    sum = sum * r + 1 / 3628800.0;
    sum = sum * r + 1 / 362880.0;
    sum = sum * r + 1 / 40320.0;
    sum = sum * r + 1 / 5040.0;
    sum = sum * r + 1 / 720.0;
    sum = sum * r + 1 / 120.0;
    sum = sum * r + 1 / 24.0;
    sum = sum * r + 1 / 6.0;
    sum = sum * r + 0.5;
    sum = sum * r + 1;
    return sum * r + 1;
  }
}
