package io.headrace.model;

/** Numbers about rows of logits. */
final class Distribution {
  private Distribution() {}

  /** Log-probabilities in double. */
  static double[] logSoftmax(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float value : logits) max = Math.max(max, value);
    double sum = 0;
    for (float value : logits) sum += Math.exp(value - max);
    double shift = max + Math.log(sum);
    double[] out = new double[logits.length];
    for (int i = 0; i < out.length; i++) out[i] = logits[i] - shift;
    return out;
  }

  /** KL(reference || other) in nats. */
  static double divergence(double[] reference, double[] other) {
    double sum = 0;
    for (int i = 0; i < reference.length; i++) {
      sum += Math.exp(reference[i]) * (reference[i] - other[i]);
    }
    return sum;
  }

  static int argmax(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
    return best;
  }

  /** Largest value minus the second. */
  static float gap(float[] values) {
    float first = Float.NEGATIVE_INFINITY;
    float second = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      if (value > first) {
        second = first;
        first = value;
      } else if (value > second) {
        second = value;
      }
    }
    return first - second;
  }

  static double maxDifference(float[] a, float[] b) {
    double max = 0;
    for (int i = 0; i < a.length; i++) max = Math.max(max, Math.abs((double) a[i] - b[i]));
    return max;
  }

  static float range(float[] values) {
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return high - low;
  }
}
