package io.headrace.engine;

import java.util.List;

/**
 * How long steps took. Immutable.
 *
 * @param boundsMicros upper bounds of the buckets, inclusive, ascending; a last bucket has none
 * @param counts steps per bucket, one more than bounds; not cumulated
 * @param sumMicros of all steps
 */
public record StepHistogram(List<Long> boundsMicros, List<Long> counts, long sumMicros) {
  static final long[] BOUNDS_MICROS = {
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

  public StepHistogram {
    boundsMicros = List.copyOf(boundsMicros);
    counts = List.copyOf(counts);
  }

  /** All steps. */
  public long count() {
    long count = 0;
    for (long bucket : counts) count += bucket;
    return count;
  }
}
