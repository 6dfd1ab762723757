package io.headrace.engine;

import java.util.List;

/**
 * How long steps took, or the time between their passes. Immutable.
 *
 * @param boundsMicros upper bounds of the buckets, inclusive, ascending; a last bucket has none
 * @param counts of them per bucket, one more than bounds; not cumulated
 * @param sumMicros of all of them
 */
public record StepHistogram(List<Long> boundsMicros, List<Long> counts, long sumMicros) {
  /** Bounds for whole steps. */
  static final long[] STEPS = {
    100,
    250,
    500,
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000
  };

  /** Bounds for what lies between two passes. */
  static final long[] GAPS = {
    5, 10, 20, 30, 40, 60, 80, 100, 150, 200, 300, 500, 1_000, 2_500, 10_000, 100_000
  };

  public StepHistogram {
    boundsMicros = List.copyOf(boundsMicros);
    counts = List.copyOf(counts);
  }

  /** All of them. */
  public long count() {
    long count = 0;
    for (long bucket : counts) count += bucket;
    return count;
  }
}
