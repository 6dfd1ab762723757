package io.headrace.sampling;

import io.headrace.model.LogitRows;
import java.util.Arrays;

/**
 * The tokens that a draw may still choose, with their weights. Between filters the ids ascend.
 *
 * <p>Thread: engine thread; scratch, reused for every draw.
 */
final class Candidates {
  final int[] ids;
  final double[] weights;
  int count;

  Candidates(int vocabulary) {
    ids = new int[vocabulary + 1]; // one more, where a refused token is written
    weights = new double[vocabulary];
  }

  /** All tokens with a logit of at least {@code floor}; banned ones never. */
  void keepFrom(SpannedRow row, float floor) {
    float least = Math.max(floor, -Float.MAX_VALUE);
    int kept = 0;
    for (int span = 0; span < row.spans(); span++) {
      if (!(row.peaks[span] >= least)) continue;
      row.load(span);
      int end = row.end(span);
      for (int id = span * LogitRows.SPAN; id < end; id++) {
        // Without a branch: which of neighbouring tokens pass is as good as random.
        ids[kept] = id;
        kept += row.values[id] >= least ? 1 : 0;
      }
    }
    count = kept;
  }

  void sortIds() {
    Arrays.sort(ids, 0, count);
  }

  double total() {
    double total = 0;
    for (int i = 0; i < count; i++) total += weights[i];
    return total;
  }

  /**
   * The token at which the running sum of weights, in ascending order of ids, first exceeds {@code
   * u} times the total; {@code u} in [0, 1).
   */
  int draw(double u) {
    double target = u * total();
    double sum = 0;
    int last = -1;
    for (int i = 0; i < count; i++) {
      if (weights[i] <= 0) continue;
      last = ids[i];
      sum += weights[i];
      if (sum > target) return last;
    }
    return last; // u * total rounded up to the total
  }
}
