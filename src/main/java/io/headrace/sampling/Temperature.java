package io.headrace.sampling;

/**
 * Weighs candidates: {@code exp((logit - largest) / temperature)}, the largest being 1. {@code
 * temperature} above 0.
 */
record Temperature(float temperature) {
  void weigh(Candidates candidates, float[] row, float largest) {
    double inverse = 1.0 / temperature;
    for (int i = 0; i < candidates.count; i++) {
      candidates.weights[i] =
          Exponential.exp(((double) row[candidates.ids[i]] - largest) * inverse);
    }
  }
}
