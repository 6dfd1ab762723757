package io.headrace.engine;

import io.headrace.generation.FinishReason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Where the engine counts. Written by the engine thread without fences that cost anything, read by
 * any thread; what submitting threads count is apart.
 */
final class EngineCounters {
  /** Numbers with the engine thread as their only writer. */
  enum Count {
    RUNNING,
    WAITING,
    KV_USED,
    KV_REMEMBERED,
    PREFIX_QUERIES,
    PREFIX_HITS,
    PREEMPTIONS,
    PROMPT_TOKENS,
    GENERATION_TOKENS,
    STOPPED,
    LENGTH,
    CANCELLED,
    FAILED,
    STEPS,
    ROWS,
    STEP_MICROS,
    BETWEEN_NANOS,
    BETWEEN_MEAN_NANOS
  }

  /** The moving mean forgets a value after about so many. */
  private static final int MEAN_OF = 64;

  private final AtomicLongArray counts = new AtomicLongArray(Count.values().length);
  private final AtomicLongArray steps = new AtomicLongArray(StepHistogram.STEPS.length + 1);
  private final AtomicLongArray gaps = new AtomicLongArray(StepHistogram.GAPS.length + 1);
  final DecodingTally decoding = new DecodingTally();
  final ModelTally models = new ModelTally();
  final AtomicLong queued = new AtomicLong();
  final AtomicLong submitted = new AtomicLong();
  final AtomicLong refused = new AtomicLong();

  /** Engine thread. */
  void set(Count count, long value) {
    counts.setRelease(count.ordinal(), value);
  }

  /** Engine thread. */
  void add(Count count, long more) {
    counts.setRelease(count.ordinal(), counts.getPlain(count.ordinal()) + more);
  }

  /** Engine thread. */
  void finished(FinishReason reason) {
    add(
        switch (reason) {
          case FinishReason.StopToken _, FinishReason.StopString _ -> Count.STOPPED;
          case FinishReason.Length _ -> Count.LENGTH;
          case FinishReason.Cancelled _ -> Count.CANCELLED;
        },
        1);
  }

  /** Engine thread. */
  void step(int rows, long nanos) {
    long micros = nanos / 1_000;
    count(steps, StepHistogram.STEPS, micros);
    add(Count.STEP_MICROS, micros);
    add(Count.ROWS, rows);
    add(Count.STEPS, 1);
  }

  /** Engine thread. A pass began so long after the one before, and there was work all the time. */
  void between(long nanos) {
    count(gaps, StepHistogram.GAPS, nanos / 1_000);
    add(Count.BETWEEN_NANOS, nanos);
    long mean = counts.getPlain(Count.BETWEEN_MEAN_NANOS.ordinal());
    set(Count.BETWEEN_MEAN_NANOS, mean == 0 ? nanos : mean + (nanos - mean) / MEAN_OF);
  }

  private static void count(AtomicLongArray buckets, long[] bounds, long micros) {
    int bucket = Arrays.binarySearch(bounds, micros);
    if (bucket < 0) bucket = -bucket - 1;
    buckets.setRelease(bucket, buckets.getPlain(bucket) + 1);
  }

  long get(Count count) {
    return counts.getAcquire(count.ordinal());
  }

  EngineSnapshot snapshot(boolean alive, int blocks, int blockTokens, List<String> models) {
    return new EngineSnapshot(
        alive,
        queued.get(),
        get(Count.RUNNING),
        get(Count.WAITING),
        blocks,
        get(Count.KV_USED),
        get(Count.KV_REMEMBERED),
        blockTokens,
        get(Count.PREFIX_QUERIES),
        get(Count.PREFIX_HITS),
        get(Count.PREEMPTIONS),
        get(Count.PROMPT_TOKENS),
        get(Count.GENERATION_TOKENS),
        submitted.get(),
        refused.get(),
        get(Count.STOPPED),
        get(Count.LENGTH),
        get(Count.CANCELLED),
        get(Count.FAILED),
        get(Count.STEPS),
        get(Count.ROWS),
        histogram(StepHistogram.STEPS, steps, get(Count.STEP_MICROS)),
        histogram(StepHistogram.GAPS, gaps, get(Count.BETWEEN_NANOS) / 1_000),
        get(Count.BETWEEN_MEAN_NANOS),
        decoding.records(),
        this.models.records(models));
  }

  private static StepHistogram histogram(long[] boundsMicros, AtomicLongArray buckets, long sum) {
    List<Long> bounds = new ArrayList<>();
    for (long bound : boundsMicros) bounds.add(bound);
    List<Long> counts = new ArrayList<>();
    for (int i = 0; i < buckets.length(); i++) counts.add(buckets.getAcquire(i));
    return new StepHistogram(bounds, counts, sum);
  }
}
