package io.headrace.bench;

import java.util.Arrays;
import java.util.Locale;

/**
 * What was measured of one shape.
 *
 * @param unit {@code tok/s}, or {@code ms} for the cost of rows in one pass
 * @param p10 the tenth percentile of the runs
 * @param bandwidthGBs median memory bandwidth of the same rounds, all threads reading; NaN when not measured
 * @param share the part of that bandwidth that the pass's bytes (weights, keys and values) use; NaN where bandwidth is not the bound
 */
public record BenchResult(
    String what,
    int depth,
    int n,
    String unit,
    double median,
    double p10,
    double p90,
    int runs,
    double bandwidthGBs,
    double share) {

  static BenchResult of(Workload load, String unit, double[] values, double bandwidthGBs, double share) {
    return new BenchResult(
        load.what(), load.depth(), load.n(), unit, percentile(values, 0.5), percentile(values, 0.1),
        percentile(values, 0.9), values.length, bandwidthGBs, share);
  }

  /** The value below which {@code part} of the values lie, by linear interpolation. */
  static double percentile(double[] values, double part) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double at = part * (sorted.length - 1);
    int low = (int) at;
    int high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
  }

  /** One line of JSON. */
  public String json() {
    return String.format(
        Locale.ROOT,
        "{\"what\": \"%s\", \"depth\": %d, \"n\": %d, \"unit\": \"%s\", \"median\": %s, \"p10\": %s, \"p90\": %s, \"runs\": %d,"
            + " \"bandwidthGBs\": %s, \"share\": %s}",
        what, depth, n, unit, number(median), number(p10), number(p90), runs, number(bandwidthGBs), number(share));
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "null" : String.format(Locale.ROOT, "%.4g", value).contains("e")
        ? Double.toString(value)
        : String.format(Locale.ROOT, value >= 100 ? "%.1f" : "%.3f", value);
  }
}
