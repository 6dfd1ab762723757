package io.headrace.engine;

import io.headrace.generation.DecodingRecord;
import io.headrace.generation.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Adds up {@link DecodingRecord}s by strategy: one for each sequence, one for the engine. The engine thread adds, any thread may read;
 * each number is exact, between two of them a pass may have come.
 */
final class DecodingTally {
  private static final Strategy[] STRATEGIES = Strategy.values();
  private static final int FIELDS = 7;

  /** Weights are summed in billionths. */
  private static final double WEIGHT_UNITS = 1e9;

  private final AtomicLongArray sums = new AtomicLongArray(STRATEGIES.length * FIELDS);

  /**
   * Takes in a pass.
   *
   * @param tokens it emitted, at least 1
   * @param stepNanos of its step, or 0 where prompts were computed beside
   * @param plainNanos what the step would have taken without drafts, or 0 likewise
   * @param weight of a fusion, else 0
   */
  void pass(Strategy strategy, int tokens, int drafted, long draftNanos, long stepNanos, long plainNanos, double weight) {
    int first = strategy.ordinal() * FIELDS;
    add(first, 1);
    add(first + 1, tokens);
    add(first + 2, drafted);
    add(first + 3, draftNanos);
    add(first + 4, stepNanos);
    add(first + 5, plainNanos);
    if (weight != 0) add(first + 6, Math.round(weight * WEIGHT_UNITS));
  }

  private void add(int field, long more) {
    sums.setRelease(field, sums.getPlain(field) + more);
  }

  DecodingRecord record(Strategy strategy) {
    int first = strategy.ordinal() * FIELDS;
    long passes = sums.getAcquire(first);
    long tokens = sums.getAcquire(first + 1);
    return new DecodingRecord(
        strategy,
        passes,
        tokens,
        sums.getAcquire(first + 2),
        tokens - passes,
        sums.getAcquire(first + 3),
        sums.getAcquire(first + 4),
        sums.getAcquire(first + 5),
        sums.getAcquire(first + 6) / WEIGHT_UNITS);
  }

  /** Of all strategies. */
  List<DecodingRecord> records() {
    List<DecodingRecord> records = new ArrayList<>(STRATEGIES.length);
    for (Strategy strategy : STRATEGIES) records.add(record(strategy));
    return records;
  }

  /** Of the strategies that did anything. */
  List<DecodingRecord> used() {
    return records().stream().filter(record -> record.passes() > 0).toList();
  }
}
