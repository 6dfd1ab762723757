package io.headrace.sampling;

import io.headrace.tensor.Weigher;
import java.util.Arrays;

/**
 * The few tokens that a draw may still choose, with their weights. Between filters the ids ascend.
 *
 * <p>Thread: engine thread; scratch, reused for every draw.
 */
final class Candidates {
  final int[] ids;
  final long[] weights;
  int count;

  private long total;

  Candidates(int vocabulary) {
    ids = new int[vocabulary];
    weights = new long[vocabulary];
  }

  void sortIds() {
    Arrays.sort(ids, 0, count);
  }

  /** Sets the weights by the logits in {@code row} and drops those below {@code least}, at least 1. */
  void weigh(float[] row, float largest, float inverse, float least) {
    int kept = 0;
    total = 0;
    for (int i = 0; i < count; i++) {
      int id = ids[i];
      long weight = Weigher.weight(row[id], largest, inverse);
      if (weight < least) continue;
      ids[kept] = id;
      weights[kept++] = weight;
      total += weight;
    }
    count = kept;
  }

  /** The sum of the weights. */
  long total() {
    return total;
  }

  /** Drops the candidates before index {@code from}; the weights are void until {@link #weigh}. */
  void keepTail(int from) {
    count -= from;
    System.arraycopy(ids, from, ids, 0, count);
    sortIds();
  }

  /** The token at which the running sum of weights, ids ascending, exceeds {@link Draw#target}. */
  int draw(double u) {
    long target = Draw.target(u, total);
    long sum = 0;
    int i = 0;
    while (true) {
      sum += weights[i];
      if (sum > target) return ids[i];
      i++;
    }
  }
}
