package io.headrace.decode.fusion;

import io.headrace.decode.DecodingStrategy;
import io.headrace.decode.Fidelity;
import io.headrace.decode.ModelRows;
import io.headrace.decode.PlainDecoding;
import io.headrace.decode.SequenceView;
import io.headrace.decode.StepTerms;
import io.headrace.decode.TokenTree;
import io.headrace.decode.Verdict;
import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;
import java.util.OptionalDouble;

/**
 * One token per pass of the target, a base and its experts in lockstep, chosen from their fused row: penalties, bias, temperature and
 * log-probabilities are of that row. Not the output of plain decoding, unless the weight is fixed at 0.
 *
 * <p>Thread: engine thread; one per sequence, scratch shared.
 */
public final class FusionDecoding implements DecodingStrategy {
  private final PlainDecoding plain = new PlainDecoding();
  private final FusedLogits fused;
  private final int base;
  private final int[] experts;
  private final OptionalDouble alpha;
  private final int models;

  /**
   * @param base number of the companion that the experts were trained from, see {@link ModelRows}
   * @param experts their numbers
   * @param alpha the weight; empty: found for every token
   * @param fused scratch of the engine
   */
  public FusionDecoding(int base, int[] experts, OptionalDouble alpha, FusedLogits fused) {
    this.base = base;
    this.experts = experts.clone();
    this.alpha = alpha;
    this.fused = fused;
    int models = ModelRows.only(ModelRows.TARGET) | ModelRows.only(base);
    for (int expert : experts) models |= ModelRows.only(expert);
    this.models = models;
  }

  @Override
  public TokenTree propose(SequenceView sequence, StepTerms terms) {
    return plain.propose(sequence, terms);
  }

  @Override
  public int models() {
    return models;
  }

  @Override
  public LogitRows combine(ModelRows rows) {
    return fused.of(rows, base, experts, alpha);
  }

  @Override
  public double weight() {
    return fused.alpha();
  }

  @Override
  public Verdict judge(TokenTree tree, LogitRows rows, TokenPicker picker) {
    return plain.judge(tree, rows, picker);
  }

  @Override
  public void rebase(int committedTokens) {}

  @Override
  public Fidelity fidelity() {
    return Fidelity.APPROXIMATE;
  }

  @Override
  public int mostNodes() {
    return 1;
  }

  @Override
  public Strategy proposer() {
    return Strategy.FUSION;
  }
}
