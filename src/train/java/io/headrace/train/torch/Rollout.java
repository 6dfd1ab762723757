package io.headrace.train.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.headrace.train.AcceptanceReport;
import io.headrace.train.HeadsJob;
import io.headrace.train.StateRows;

/**
 * What a chain of heads drafts by itself from some rows: each guess follows from the guess before it, as in serving, and beyond the heads
 * the last one goes on from itself. Arrays are by depth first, then by row.
 */
final class Rollout {
  /** A guess, as a token id. */
  final int[][] guesses;

  /** Leading guesses that are right. */
  final int[] accepted;

  /** Features of each guess, {@link AcceptanceReport#FEATURES} of them. */
  final float[][][] features;

  /** The states that guessed, on the scratch of the call. */
  final NDArray[] states;

  private Rollout(int drafts, int rows) {
    guesses = new int[drafts][rows];
    accepted = new int[rows];
    features = new float[drafts][rows][];
    states = new NDArray[drafts];
  }

  /** Drafts from rows {@code order[from .. from + rows)} of {@code source}; what lies behind an answer's end is not right. */
  static Rollout of(
      HeadsJob job, int drafts, HeadNetwork network, StateRows source, TokenTable table, int[] tokens, NDArray turned, int[] order, int from, int rows, NDManager scratch) {
    int hidden = (int) turned.getShape().get(0);
    Rollout made = new Rollout(drafts, rows);
    float[] values = new float[rows * hidden];
    for (int i = 0; i < rows; i++) source.copyState(order[from + i], values, i * hidden);
    NDArray h = scratch.create(values, new Shape(rows, hidden));
    NDArray state = h;
    boolean[] alive = new boolean[rows];
    for (int i = 0; i < rows; i++) alive[i] = true;
    for (int k = 0; k < drafts; k++) {
      for (int i = 0; i < rows; i++) {
        boolean root = k == 0 || job.kind() == HeadsJob.Kind.ROOT;
        table.embedding(root ? source.token(order[from + i]) : made.guesses[k - 1][i], values, i * hidden);
      }
      state = network.state(k, job.kind() == HeadsJob.Kind.CHAIN ? state : h, scratch.create(values, new Shape(rows, hidden)));
      made.states[k] = state;
      made.guess(k, state, tokens, turned);
      for (int i = 0; i < rows; i++) {
        int row = order[from + i];
        alive[i] &= source.together(row, row + k + 1) && source.token(row + k + 1) == made.guesses[k][i];
        if (alive[i]) made.accepted[i] = k + 1;
      }
    }
    return made;
  }

  private void guess(int k, NDArray state, int[] tokens, NDArray turned) {
    try (NDArray logits = state.matMul(turned); NDArray logs = logits.logSoftmax(1); NDArray shares = logs.exp(); NDArray parts = shares.mul(logs)) {
      NDArray entropy = parts.sum(new int[] {1});
      NDArray best = logs.topK(2, 1).get(0);
      NDArray places = logs.argMax(1);
      float[] entropies = entropy.toFloatArray();
      float[] largest = best.toFloatArray();
      long[] columns = places.toLongArray();
      for (int i = 0; i < entropies.length; i++) {
        guesses[k][i] = tokens[(int) columns[i]];
        float first = largest[2 * i];
        features[k][i] = new float[] {(float) Math.exp(first), first, first - largest[2 * i + 1], -entropies[i], k};
      }
    }
  }
}
