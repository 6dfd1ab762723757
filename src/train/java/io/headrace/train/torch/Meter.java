package io.headrace.train.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Locale;

/** Loss and hits of the steps since it was last asked, by head. */
final class Meter {
  private final double[] loss;
  private final long[] hits;
  private final long[] count;

  Meter(int heads) {
    loss = new double[heads];
    hits = new long[heads];
    count = new long[heads];
  }

  /** Adds what a head gave its labels: a share of 0 where it was hopeless. {@code columns} without a label are 0 and count as they are. */
  void add(int head, NDArray shares, long[] columns, NDManager scratch) {
    int rows = columns.length;
    try (NDArray index = scratch.create(columns, new Shape(rows, 1));
        NDArray given = shares.gather(index, 1);
        NDArray best = shares.max(new int[] {1}, true)) {
      float[] ours = given.toFloatArray();
      float[] largest = best.toFloatArray();
      for (int i = 0; i < rows; i++) {
        if (columns[i] == 0) continue; // no label, or the one token of that column
        loss[head] -= Math.log(Math.max(ours[i], 1e-30));
        if (ours[i] >= largest[i]) hits[head]++;
        count[head]++;
      }
    }
  }

  /** The figures, forgotten then. */
  String take() {
    StringBuilder text = new StringBuilder();
    for (int head = 0; head < loss.length; head++) {
      if (!text.isEmpty()) text.append(", ");
      double each = Math.max(1, count[head]);
      text.append(String.format(Locale.ROOT, "head %d loss %.3f top-1 %.3f", head + 1, loss[head] / each, hits[head] / each));
      loss[head] = 0;
      hits[head] = 0;
      count[head] = 0;
    }
    return text.toString();
  }
}
