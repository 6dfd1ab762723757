package io.headrace.sampling;

import io.headrace.model.LogitRows;
import io.headrace.tensor.RowWeights;
import io.headrace.tensor.Weigher;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * A draw from all tokens of a row, where nothing bounds how many may be chosen: the kernels weigh the row in one pass and cut its
 * nucleus in another, and what is drawn is found by the sums of spans.
 *
 * <p>Thread: engine thread; scratch, reused for every draw.
 */
final class WholeRow {
  /** Share of the weight under which a span adds nothing worth reading to an entropy. */
  private static final double NEGLIGIBLE = 1e-8;

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
    weigh(row, largest, inverse, least, topP);
    return draw(u);
  }

  /** Weighs the tokens that {@link #draw} draws from. */
  void weigh(SpannedRow row, float largest, float inverse, float least, @Nullable TopP topP) {
    weigher.weigh(row.whole(), largest, inverse, least, weights);
    if (topP != null) weigher.cut(weights, topP.needed(weights.total()));
  }

  private int draw(double u) {
    long target = Draw.target(u, weights.total());
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

  /** What all kept tokens weigh. */
  long total() {
    return weights.total();
  }

  /** The entropy of the distribution of the kept tokens, nats; arguments as they were weighed. Spans of no notable weight are left out. */
  double entropy(SpannedRow row, float largest, float inverse) {
    MemorySegment logits = row.whole();
    double total = weights.total();
    double sum = 0;
    for (int span = 0; span < weights.spans(); span++) {
      if (weights.sum(span) < total * NEGLIGIBLE) continue;
      for (int token = span * LogitRows.SPAN; token < row.end(span); token++) {
        float x = (logits.getAtIndex(ValueLayout.JAVA_FLOAT, token) - largest) * inverse;
        long weight = weights.weight(token);
        if (weight > 0) sum += weight * (double) x;
      }
    }
    return Math.max(0, Math.log(total / Weigher.ONE) - sum / total);
  }

  /** What the kept tokens of the last draw weigh: 0 for a token that was dropped. */
  long weight(int token) {
    return weights.weight(token);
  }
}
