package io.headrace.sampling;

import io.headrace.generation.TokenLogprobs;
import io.headrace.generation.TokenLogprobs.Alternative;
import io.headrace.tensor.KernelFault;
import java.util.ArrayList;
import java.util.List;

/**
 * Log-probabilities of a row of raw logits: {@code logit - largest - ln(sum of exp(logit -
 * largest))}, the sum in double precision over ascending ids, the result rounded to float once. One
 * fixed order, so equal rows give equal bits.
 *
 * <p>Thread: engine thread; one per engine.
 */
public final class LogProbabilities {
  private final int vocabulary;
  private final float[] row;
  private final Candidates best;

  /** For rows of {@code vocabulary} logits. */
  public LogProbabilities(int vocabulary) {
    this.vocabulary = vocabulary;
    row = new float[vocabulary];
    best = new Candidates(Math.max(1, vocabulary));
  }

  /**
   * Where a row of raw logits is put before {@link #of}: float32 {@code [vocabulary]}, not changed
   * by it.
   */
  public float[] row() {
    return row;
  }

  /**
   * What the row in {@link #row()} says of {@code token} and of the {@code alternatives} most
   * probable tokens.
   *
   * @throws KernelFault if the row holds a NaN or an infinity
   */
  public TokenLogprobs of(int token, int alternatives) {
    double largest = FiniteRow.largest(row, vocabulary);
    double sum = 0;
    for (int i = 0; i < vocabulary; i++) sum += Exponential.exp(row[i] - largest);
    double normaliser = largest + StrictMath.log(sum);
    return new TokenLogprobs(token, logprob(row[token], normaliser), top(alternatives, normaliser));
  }

  private List<Alternative> top(int alternatives, double normaliser) {
    if (alternatives <= 0) return List.of();
    new TopK(Math.min(alternatives, vocabulary)).keep(best, row, vocabulary);
    List<Alternative> top = new ArrayList<>(best.count);
    for (int n = 0; n < best.count; n++) {
      // Selection: at most 20 entries, ids ascend, so of equal logits the first found is the lower
      // id.
      int leader = -1;
      for (int i = 0; i < best.count; i++) {
        if (best.ids[i] >= 0 && (leader < 0 || row[best.ids[i]] > row[best.ids[leader]]))
          leader = i;
      }
      top.add(new Alternative(best.ids[leader], logprob(row[best.ids[leader]], normaliser)));
      best.ids[leader] = -1;
    }
    return top;
  }

  private static float logprob(float logit, double normaliser) {
    return (float) Math.min(0, logit - normaliser);
  }
}
