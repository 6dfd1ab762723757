package io.headrace.sampling;

import io.headrace.model.LogitRows;
import java.util.Arrays;

/**
 * The tokens that a draw may still choose, with their weights. Between filters the ids ascend.
 *
 * <p>Thread: engine thread; scratch, reused for every draw.
 */
final class Candidates {
  /**
   * Candidates that are weighed together. A whole vocabulary may be weighed for every token of output,
   * so the loops here are written for the JIT's vectors: plain arrays, no branches.
   */
  private static final int BLOCK = 256;

  final int[] ids;
  final double[] weights;
  int count;

  private final double[] exponents = new double[BLOCK];
  private final double[] powers = new double[BLOCK];

  /** Sum of the weights up to the end of each block, in ascending order of ids. */
  private final double[] sums;

  private double total;

  Candidates(int vocabulary) {
    ids = new int[vocabulary + 1]; // one more, where a refused token is written
    weights = new double[vocabulary];
    sums = new double[vocabulary / BLOCK + 1];
  }

  /** All tokens with a logit of at least {@code floor}; banned ones never. */
  void keepFrom(SpannedRow row, float floor) {
    float least = Math.max(floor, -Float.MAX_VALUE);
    int kept = 0;
    for (int span = 0; span < row.spans(); span++) {
      if (!(row.peaks[span] >= least)) continue;
      row.load(span);
      kept = keep(row.values, span * LogitRows.SPAN, row.end(span), least, kept);
    }
    count = kept;
  }

  private int keep(float[] values, int first, int end, float least, int kept) {
    for (int id = first; id < end; id++) {
      // Without a branch: which of neighbouring tokens pass is as good as random.
      ids[kept] = id;
      kept += values[id] >= least ? 1 : 0;
    }
    return kept;
  }

  void sortIds() {
    Arrays.sort(ids, 0, count);
  }

  /** Weight of each candidate: {@code e^((logit - largest) * inverse)}, and their sum. */
  void weigh(float[] row, float largest, double inverse) {
    double sum = 0;
    for (int from = 0; from < count; from += BLOCK) {
      int n = Math.min(BLOCK, count - from);
      int first = ids[from];
      if (ids[from + n - 1] - first == n - 1) {
        for (int i = 0; i < n; i++) exponents[i] = ((double) row[first + i] - largest) * inverse;
      } else {
        for (int i = 0; i < n; i++) exponents[i] = ((double) row[ids[from + i]] - largest) * inverse;
      }
      Exponential.split(exponents, powers, weights, from, n);
      for (int i = 0; i < n; i++) {
        double weight = Exponential.joined(exponents[i], powers[i], weights[from + i]);
        weights[from + i] = weight;
        sum += weight;
      }
      sums[from / BLOCK] = sum;
    }
    total = sum;
  }

  /** The sum of the weights in ascending order of ids, as {@link #weigh} found it. */
  double total() {
    return total;
  }

  /**
   * The token at which the running sum of weights, in ascending order of ids, first exceeds {@code
   * u} times the total; {@code u} in [0, 1).
   */
  int draw(double u) {
    double target = u * total;
    int block = 0;
    int blocks = (count + BLOCK - 1) / BLOCK;
    while (block < blocks && !(sums[block] > target)) block++;
    if (block == blocks) return last(); // u * total rounded up to the total
    double sum = block == 0 ? 0 : sums[block - 1];
    int i = block * BLOCK;
    while (true) {
      sum += weights[i];
      if (sum > target) return ids[i];
      i++;
    }
  }

  private int last() {
    int i = count - 1;
    while (weights[i] <= 0) i--;
    return ids[i];
  }
}
