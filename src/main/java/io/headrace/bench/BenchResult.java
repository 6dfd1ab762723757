package io.headrace.bench;

import java.util.List;

/**
 * What was measured of one shape. Shares and factors are medians of the ratios of each round, because a machine's speed drifts from
 * round to round.
 *
 * @param values in the shape's unit, one a round
 * @param bound what the shape could reach, in its unit, median; NaN when nothing bounds it that was measured
 * @param limit what sets the bound: {@code memory}, {@code arithmetic} or {@code unknown}
 * @param share of the bound that was reached; NaN without one
 * @param factor for rows: time relative to one row of the same rounds; NaN for others
 */
public record BenchResult(Workload load, Spread values, double bound, String limit, double share, double factor) {
  /** A shape's time in one round, with its bound there and, for rows, the time of one row. */
  record Sample(double seconds, Bound bound, double oneRow) {}

  static BenchResult of(Workload load, List<Sample> samples) {
    Spread values = Spread.of(samples.stream().map(s -> load.value(s.seconds())).toList());
    Bound.Limit limit = samples.isEmpty() ? Bound.Limit.UNKNOWN : samples.getLast().bound().limit();
    boolean bounded = limit != Bound.Limit.UNKNOWN;
    double bound = bounded ? Spread.median(samples.stream().map(s -> load.value(s.bound().seconds())).toList()) : Double.NaN;
    double share = bounded ? Spread.median(samples.stream().map(s -> s.bound().seconds() / s.seconds()).toList()) : Double.NaN;
    double factor = Spread.median(samples.stream().map(s -> s.seconds() / s.oneRow()).filter(f -> !f.isNaN()).toList());
    return new BenchResult(load, values, bound, limit.word(), share, factor);
  }
}
