package io.headrace.sampling;

import io.headrace.tensor.Weigher;

/**
 * Weighs tokens: a whole number near {@code 2^40 exp((logit - largest) / temperature)}, see {@link Weigher#weight}. {@code
 * temperature} above 0.
 */
record Temperature(float temperature) {
  /** What a difference of logits is multiplied by; finite however small the temperature. */
  float inverse() {
    return Math.min(1 / temperature, Float.MAX_VALUE);
  }

  /**
   * A logit below which every weight is less than {@code least}, at least 1, so that such tokens need not be read. Lower than it
   * had to be, for rounding.
   */
  float floor(float largest, float least) {
    double exponent = Math.min(0, StrictMath.log(least / Weigher.ONE)) * 1.001 - 0.1;
    return (float) (largest + temperature * exponent) - Math.abs(largest) * 1e-6f;
  }
}
