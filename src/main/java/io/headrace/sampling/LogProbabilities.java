package io.headrace.sampling;

import io.headrace.generation.TokenLogprobs;
import io.headrace.generation.TokenLogprobs.Alternative;
import io.headrace.model.LogitRows;
import io.headrace.tensor.KernelFault;
import io.headrace.tensor.RowWeights;
import io.headrace.tensor.Weigher;
import java.util.ArrayList;
import java.util.List;

/**
 * Log-probabilities of a row of raw logits: {@code logit - largest - ln(sum of exp(logit - largest))}. The sum is that of the
 * weights of a draw at temperature 1, see {@link Weigher#weight}, so equal rows give equal bits; error below 1e-6.
 *
 * <p>Thread: engine thread; one per engine.
 */
public final class LogProbabilities {
  private final SpannedRow row;
  private final Candidates best;
  private final RowWeights weights;
  private final Weigher weigher;

  /** For rows of {@code vocabulary} logits, 1 to {@link Weigher#MOST}. */
  public LogProbabilities(int vocabulary, Weigher weigher) {
    this.weigher = weigher;
    row = new SpannedRow(vocabulary);
    best = new Candidates(vocabulary);
    weights = new RowWeights(vocabulary);
  }

  /**
   * What a row of {@code rows} says of {@code token} and of the {@code alternatives} most probable tokens.
   *
   * @throws KernelFault if the row holds a NaN or an infinity
   */
  public TokenLogprobs of(LogitRows rows, int index, int token, int alternatives) {
    row.open(rows, index);
    float largest = row.largest();
    weigher.weigh(row.whole(), largest, 1f, 1f, weights);
    double normaliser = largest + StrictMath.log(weights.total() / (double) Weigher.ONE);
    return new TokenLogprobs(token, logprob(row.get(token), normaliser), top(alternatives, normaliser));
  }

  private List<Alternative> top(int alternatives, double normaliser) {
    if (alternatives <= 0) return List.of();
    new TopK(Math.min(alternatives, row.vocabulary())).keep(best, row, Float.NEGATIVE_INFINITY);
    List<Alternative> top = new ArrayList<>(best.count);
    for (int n = 0; n < best.count; n++) {
      // Selection: at most 20 entries, ids ascend, so of equal logits the first found is the lower
      // id.
      int leader = -1;
      for (int i = 0; i < best.count; i++) {
        if (best.ids[i] >= 0
            && (leader < 0 || row.values[best.ids[i]] > row.values[best.ids[leader]])) leader = i;
      }
      top.add(new Alternative(best.ids[leader], logprob(row.values[best.ids[leader]], normaliser)));
      best.ids[leader] = -1;
    }
    return top;
  }

  private static float logprob(float logit, double normaliser) {
    return (float) Math.min(0, logit - normaliser);
  }
}
