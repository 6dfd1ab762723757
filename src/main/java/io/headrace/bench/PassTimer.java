package io.headrace.bench;

import io.headrace.model.ForwardBatch;
import io.headrace.model.LogitRows;
import io.headrace.model.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Times shapes on one model. Contexts are computed when first needed and stay: a later run of the same shape pays for its own passes
 * only. Thread: the model's engine thread.
 */
final class PassTimer {
  /** Passes of each count of rows in one timed run. */
  static final int ROW_LAPS = 8;

  private final Model model;
  private final LongSupplier nanoClock;
  private final BooleanSupplier stopped;
  private final ForwardBatch batch;
  private final BlockLayout layout;
  private final int[] tokens;
  private final int[] filled;

  /** @param stopped asked before every pass; once true, the pass is refused with {@link CancellationException} */
  PassTimer(Model model, BlockLayout layout, LongSupplier nanoClock, BooleanSupplier stopped) {
    this.model = model;
    this.nanoClock = nanoClock;
    this.stopped = stopped;
    this.batch = model.newBatch();
    this.layout = layout;
    int reach = Math.max(layout.deepBlocks(), layout.blocksEach()) * Model.BLOCK_TOKENS + layout.sequences();
    this.tokens = new SplittableRandom(7).ints(reach, 0, model.card().vocabulary()).toArray();
    this.filled = new int[1 + layout.sequences()];
  }

  /** Rows of a prompt that go into one pass. */
  int chunk() {
    return batch.maxRows();
  }

  /** Seconds of a pass of {@code load}, or of its whole prompt. */
  double seconds(Workload load) {
    return switch (load) {
      case Workload.Decode(int depth) -> {
        fillDeep(depth);
        yield decode(new int[][] {layout.deep()}, depth);
      }
      case Workload.Prefill(int n) -> {
        int[] table = layout.deep();
        long begun = nanoClock.getAsLong();
        fill(table, 0, n, true);
        yield since(begun);
      }
      case Workload.Rows rows -> rows(List.of(rows)).getFirst();
      case Workload.Batch(int n, int depth) -> {
        int[][] tables = new int[n][];
        for (int s = 0; s < n; s++) {
          tables[s] = layout.sequence(s);
          fill(tables[s], filled[1 + s], depth, false);
          filled[1 + s] = Math.max(filled[1 + s], depth);
        }
        yield decode(tables, depth);
      }
    };
  }

  /**
   * Median seconds of a pass of each count of rows, all at one depth. The counts take turns pass by pass, because what matters is
   * their ratio, and a machine changes its speed within seconds.
   */
  List<Double> rows(List<Workload.Rows> counts) {
    int depth = counts.getFirst().depth();
    fillDeep(depth);
    int[] table = layout.deep();
    List<List<Double>> laps = new ArrayList<>();
    for (Workload.Rows _ : counts) laps.add(new ArrayList<>());
    for (int lap = -1; lap < ROW_LAPS; lap++) {
      for (int i = 0; i < counts.size(); i++) {
        int n = counts.get(i).n();
        batch.clear();
        batch.addChain(table, table.length, depth, tokens, 0, n, n);
        long begun = nanoClock.getAsLong();
        forward();
        if (lap >= 0) laps.get(i).add(since(begun)); // the first lap only warms up
      }
    }
    return laps.stream().map(Spread::median).toList();
  }

  private double decode(int[][] tables, int depth) {
    int[] next = new int[tables.length];
    System.arraycopy(tokens, 0, next, 0, next.length);
    long begun = nanoClock.getAsLong();
    for (int i = 0; i < Workload.DECODE_TOKENS; i++) {
      batch.clear();
      for (int s = 0; s < tables.length; s++) batch.addChain(tables[s], tables[s].length, depth + i, next, s, 1, 1);
      LogitRows rows = forward();
      for (int s = 0; s < tables.length; s++) next[s] = Math.max(0, rows.argmax(s));
    }
    return since(begun) / Workload.DECODE_TOKENS;
  }

  private void fillDeep(int depth) {
    fill(layout.deep(), filled[0], depth, false);
    filled[0] = Math.max(filled[0], depth);
  }

  /** Computes tokens {@code from} to {@code to} of a sequence; the last one's logits if they are wanted. */
  private void fill(int[] table, int from, int to, boolean logits) {
    for (int done = from; done < to; ) {
      int rows = Math.min(batch.maxRows(), to - done);
      batch.clear();
      batch.addChain(table, table.length, done, tokens, done, rows, logits && done + rows == to ? 1 : 0);
      forward();
      done += rows;
    }
  }

  private LogitRows forward() {
    if (stopped.getAsBoolean()) throw new CancellationException();
    return model.forward(batch);
  }

  private double since(long begun) {
    return Math.max(1, nanoClock.getAsLong() - begun) / 1e9;
  }
}
