package io.headrace.sampling;

import io.headrace.model.LogitRows;
import io.headrace.tensor.RowWeights;
import io.headrace.tensor.Weigher;
import org.jspecify.annotations.Nullable;

/**
 * A draw from all tokens of a row, where nothing bounds how many may be chosen: the kernels weigh the row in one pass and cut its
 * nucleus in another, and what is drawn is found by the sums of spans.
 *
 * <p>Thread: engine thread; scratch, reused for every draw.
 */
final class WholeRow {
  private final Weigher weigher;
  private final RowWeights weights;

  WholeRow(int vocabulary, Weigher weigher) {
    this.weigher = weigher;
    weights = new RowWeights(vocabulary);
  }

  /**
   * The token at which the running sum of the kept weights, ids ascending, exceeds {@link Draw#target}.
   *
   * @param largest of the row's logits
   * @param least weights below it are dropped; 1 to that of the largest
   */
  int draw(SpannedRow row, float largest, float inverse, float least, @Nullable TopP topP, double u) {
    weigher.weigh(row.whole(), largest, inverse, least, weights);
    long total = weights.total();
    if (topP != null) {
      weigher.cut(weights, topP.needed(total));
      total = weights.total();
    }
    long target = Draw.target(u, total);
    long sum = 0;
    int span = 0;
    while (sum + weights.sum(span) <= target) sum += weights.sum(span++);
    int token = span * LogitRows.SPAN;
    while (true) {
      sum += weights.weight(token);
      if (sum > target) return token;
      token++;
    }
  }

  /** What the kept tokens of the last draw weigh: 0 for a token that was dropped. */
  long weight(int token) {
    return weights.weight(token);
  }
}
