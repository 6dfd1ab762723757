package io.headrace.sampling;

import io.headrace.model.LogitRows;
import io.headrace.tensor.Weigher;
import java.util.Arrays;

/**
 * The few tokens that a draw may still choose, with their weights. Between filters the ids ascend.
 *
 * <p>Thread: engine thread; scratch, reused for every draw.
 */
final class Candidates {
  /** Reading one span out of so many, and weighing in Java what reaches the floor, is faster than kernels over the whole row. */
  private static final int FEW = 16;

  final int[] ids;
  final long[] weights;
  int count;

  private long total;

  Candidates(int vocabulary) {
    ids = new int[vocabulary + 1]; // one more, where a refused token is written
    weights = new long[vocabulary];
  }

  /** Keeps all tokens with a logit of at least {@code floor} if few spans hold one; otherwise says false and keeps nothing. */
  boolean keepFrom(SpannedRow row, float floor) {
    float least = Math.max(floor, -Float.MAX_VALUE);
    count = 0;
    int reaching = 0;
    for (float peak : row.peaks) reaching += peak >= least ? 1 : 0;
    if (reaching * FEW > row.spans()) return false;
    for (int span = 0; span < row.spans(); span++) {
      if (!(row.peaks[span] >= least)) continue;
      row.load(span);
      int kept = count;
      for (int id = span * LogitRows.SPAN; id < row.end(span); id++) {
        // Without a branch: which of neighbouring tokens pass is as good as random.
        ids[kept] = id;
        kept += row.values[id] >= least ? 1 : 0;
      }
      count = kept;
    }
    return true;
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

  /** The weight of a token; 0 for one that is no candidate. */
  long weight(int token) {
    int at = Arrays.binarySearch(ids, 0, count, token);
    return at < 0 ? 0 : weights[at];
  }

  /** The entropy of the candidates' distribution, nats. */
  double entropy() {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += weights[i] * Math.log(weights[i]);
    return Math.max(0, Math.log(total) - sum / total);
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
