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
    STEP_MICROS
  }

  private static final int BUCKETS = StepHistogram.BOUNDS_MICROS.length + 1;

  private final AtomicLongArray counts = new AtomicLongArray(Count.values().length);
  private final AtomicLongArray buckets = new AtomicLongArray(BUCKETS);
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
    int bucket = Arrays.binarySearch(StepHistogram.BOUNDS_MICROS, micros);
    if (bucket < 0) bucket = -bucket - 1;
    buckets.setRelease(bucket, buckets.getPlain(bucket) + 1);
    add(Count.STEP_MICROS, micros);
    add(Count.ROWS, rows);
    add(Count.STEPS, 1);
  }

  long get(Count count) {
    return counts.getAcquire(count.ordinal());
  }

  EngineSnapshot snapshot(boolean alive, int blocks, int blockTokens) {
    List<Long> bounds = new ArrayList<>();
    for (long bound : StepHistogram.BOUNDS_MICROS) bounds.add(bound);
    List<Long> steps = new ArrayList<>();
    for (int i = 0; i < BUCKETS; i++) steps.add(buckets.getAcquire(i));
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
        new StepHistogram(bounds, steps, get(Count.STEP_MICROS)));
  }
}
