package io.headrace.bench;

import com.sun.management.ThreadMXBean;
import io.headrace.model.ForwardBatch;
import io.headrace.model.ForwardingModel;
import io.headrace.model.LogitRows;
import io.headrace.model.Model;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A model that looks at what its caller does between two passes: how long it takes by the clock, how much of the caller's processor time,
 * and how many bytes it allocates. Only passes of one row for each of {@code sequences} count, and only after {@code warmUp} of them.
 *
 * <p>Closing it does not close the model.
 *
 * <p>Thread: as {@link Model}; {@link #judged} on the same thread; {@link #gaps} once the caller has ended.
 */
public final class StepMeter extends ForwardingModel {
  /**
   * What lay between two passes.
   *
   * @param nanos by the clock
   * @param choosing nanoseconds of these until the last token was chosen
   * @param cpu nanoseconds of the thread's processor time
   * @param bytes allocated by the thread
   * @param beside nanoseconds that the caller did something else in the pass after it, while others computed
   */
  public record Gap(long nanos, long choosing, long cpu, long bytes, long beside) {}

  private static final int FIELDS = 5;

  private final int sequences;
  private final int warmUp;
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Of each gap, its fields in a row. */
  private final long[] seen;

  private int size;
  private int passes;
  private boolean before;
  private long endNanos;
  private long endCpu;
  private long endBytes;
  private long judgedNanos;
  private Runnable aside = () -> {};
  private final Runnable timed = this::aside;

  /** Where the gap before this pass stands, or -1. */
  private int at;

  /**
   * @param most gaps that are kept; later ones are not looked at
   */
  public StepMeter(Model model, int sequences, int warmUp, int most) {
    super(model);
    this.sequences = sequences;
    this.warmUp = warmUp;
    seen = new long[FIELDS * most];
    Arrays.fill(seen, 0); // touched now, not while it is measured
  }

  /** A token was chosen. */
  public void judged() {
    judgedNanos = System.nanoTime();
  }

  /** What was seen, in order. */
  public List<Gap> gaps() {
    List<Gap> gaps = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      int at = FIELDS * i;
      gaps.add(new Gap(seen[at], seen[at + 1], seen[at + 2], seen[at + 3], seen[at + 4]));
    }
    return gaps;
  }

  @Override
  public LogitRows forward(ForwardBatch batch, Runnable meanwhile) {
    long nanos = System.nanoTime();
    at = -1;
    long cpu = threads.getCurrentThreadCpuTime();
    long bytes = threads.getCurrentThreadAllocatedBytes();
    boolean plain = batch.rows() == sequences && batch.wanted() == sequences && batch.sequences() == sequences;
    if (plain && before && passes++ >= warmUp && FIELDS * size < seen.length) {
      at = FIELDS * size++;
      seen[at] = nanos - endNanos;
      seen[at + 1] = judgedNanos - endNanos;
      seen[at + 2] = cpu - endCpu;
      seen[at + 3] = bytes - endBytes;
    }
    before = plain;
    aside = meanwhile;
    LogitRows rows = model.forward(batch, timed);
    endBytes = threads.getCurrentThreadAllocatedBytes();
    endCpu = threads.getCurrentThreadCpuTime();
    endNanos = System.nanoTime();
    return rows;
  }

  private void aside() {
    long begun = System.nanoTime();
    aside.run();
    if (at >= 0) seen[at + 4] = System.nanoTime() - begun;
  }

  @Override
  public void close() {}
}
