package io.headrace.bench;

import io.headrace.model.ForwardBatch;
import io.headrace.model.LogitRows;
import io.headrace.model.Model;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Writes the greedy continuation of a prompt by one model, and has another with the same tokens compute every step of it too.
 *
 * <p>Thread: plays the engine thread of both models. Both have blocks from 0 on for a prompt and its continuation.
 */
public final class LockStep {
  /** A model with what its pass gives. */
  private static final class Side {
    final Model model;
    final ForwardBatch batch;
    final float[] row;
    final double[] logShares;
    final double[] bits;
    long nanos;

    Side(Model model, int most) {
      this.model = model;
      batch = model.newBatch();
      row = new float[model.card().vocabulary()];
      logShares = new double[row.length];
      bits = new double[most];
    }
  }

  private final Side target;
  private final Side companion;
  private final LongSupplier nanoClock;
  private final int most;
  private int[] table = {};

  /**
   * @param most tokens of a continuation, at least 1
   * @param nanoClock as {@link System#nanoTime}
   * @throws IllegalArgumentException if the models' rows differ in length
   */
  public LockStep(Model target, Model companion, int most, LongSupplier nanoClock) {
    if (target.card().vocabulary() != companion.card().vocabulary()) {
      throw new IllegalArgumentException("rows of %d and of %d logits".formatted(target.card().vocabulary(), companion.card().vocabulary()));
    }
    this.target = new Side(target, most);
    this.companion = new Side(companion, most);
    this.most = most;
    this.nanoClock = nanoClock;
  }

  /**
   * Follows one prompt, at least one token, to the end of what the target says.
   *
   * @param ends tokens that end it
   */
  public SwitchTrace follow(int[] prompt, int[] ends) {
    int[] tokens = Arrays.copyOf(prompt, prompt.length + most);
    int blocks = (tokens.length + Model.BLOCK_TOKENS - 1) / Model.BLOCK_TOKENS;
    if (table.length < blocks) {
      table = new int[blocks];
      for (int i = 0; i < blocks; i++) table[i] = i;
    }
    target.nanos = 0;
    companion.nanos = 0;
    prefill(target, tokens, prompt.length - 1);
    prefill(companion, tokens, prompt.length - 1);
    double[] divergence = new double[most];
    boolean[] agree = new boolean[most];
    int written = 0;
    boolean ended = false;
    while (written < most && !ended) {
      int last = prompt.length + written - 1;
      int chosen = step(target, tokens, last, written);
      agree[written] = step(companion, tokens, last, written) == chosen;
      divergence[written] = divergence();
      tokens[last + 1] = chosen;
      written++;
      for (int end : ends) ended |= end == chosen;
    }
    return new SwitchTrace(
        Arrays.copyOf(target.bits, written),
        Arrays.copyOf(companion.bits, written),
        Arrays.copyOf(divergence, written),
        Arrays.copyOf(agree, written),
        target.nanos,
        companion.nanos);
  }

  private void prefill(Side side, int[] tokens, int count) {
    for (int computed = 0; computed < count; ) {
      int rows = Math.min(side.batch.maxRows(), count - computed);
      side.batch.clear();
      side.batch.addChain(table, table.length, computed, tokens, computed, rows, 0);
      side.model.forward(side.batch);
      computed += rows;
    }
  }

  /** Computes the token at {@code at}; the likeliest next one. */
  private int step(Side side, int[] tokens, int at, int written) {
    side.batch.clear();
    int row = side.batch.addChain(table, table.length, at, tokens, at, 1, 1);
    long begun = nanoClock.getAsLong();
    LogitRows rows = side.model.forward(side.batch);
    side.nanos += nanoClock.getAsLong() - begun;
    int chosen = rows.argmax(row);
    if (chosen < 0) throw new IllegalStateException("%s gave a row that is no number".formatted(side.model.card().name()));
    rows.copyRow(row, side.row);
    side.bits[written] = side.model.weigher().entropy(rows.values(row), side.row.length, side.row[chosen]);
    double sum = 0;
    for (float logit : side.row) sum += Math.exp(logit - side.row[chosen]);
    double whole = side.row[chosen] + Math.log(sum);
    for (int i = 0; i < side.row.length; i++) side.logShares[i] = side.row[i] - whole;
    return chosen;
  }

  /** KL(target, companion) of the rows computed last, nats. */
  private double divergence() {
    double sum = 0;
    for (int i = 0; i < target.row.length; i++) sum += Math.exp(target.logShares[i]) * (target.logShares[i] - companion.logShares[i]);
    return Math.max(0, sum);
  }
}
