package io.headrace.bench;

import java.util.Arrays;
import java.util.List;

/**
 * Where a set of values lies.
 *
 * @param p10 the tenth percentile
 * @param count how many values
 */
public record Spread(double median, double p10, double p90, int count) {
  /** The spread of {@code values}; NaN everywhere when there are none. */
  public static Spread of(List<Double> values) {
    return new Spread(percentile(values, 0.5), percentile(values, 0.1), percentile(values, 0.9), values.size());
  }

  /** The value below which {@code part} of the values lie, by linear interpolation; NaN when there are none. */
  static double percentile(List<Double> values, double part) {
    if (values.isEmpty()) return Double.NaN;
    double[] sorted = values.stream().mapToDouble(v -> v).toArray();
    Arrays.sort(sorted);
    double at = part * (sorted.length - 1);
    int low = (int) at;
    int high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
  }

  static double median(List<Double> values) {
    return percentile(values, 0.5);
  }
}
