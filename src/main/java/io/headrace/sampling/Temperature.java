package io.headrace.sampling;

/**
 * Weighs candidates: {@code exp((logit - largest) / temperature)}, the largest being 1. {@code
 * temperature} above 0.
 */
record Temperature(float temperature) {
  /**
   * The logit below which every weight is 0, a little less for rounding, so that such tokens need
   * not be read.
   */
  float floor(float largest) {
    return (float) (largest + temperature * (Exponential.LEAST * 1.01)) - Math.abs(largest) * 1e-6f;
  }

  void weigh(Candidates candidates, float[] row, float largest) {
    candidates.weigh(row, largest, 1.0 / temperature);
  }
}
