package io.headrace.decode;

import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;

/** Tests no draft: the root alone, and the token that follows it. What differs is whose rows it is drawn from. */
public abstract class OneTokenDecoding implements DecodingStrategy {
  private final Strategy proposer;
  private final Fidelity fidelity;
  private final TokenTree tree = new TokenTree(1);
  private final Verdict verdict = new Verdict();

  /** {@code proposer}: what its passes are counted as. */
  protected OneTokenDecoding(Strategy proposer, Fidelity fidelity) {
    this.proposer = proposer;
    this.fidelity = fidelity;
  }

  @Override
  public final TokenTree propose(SequenceView sequence, StepTerms terms) {
    return tree.root(sequence.token(sequence.size() - 1));
  }

  @Override
  public final Verdict judge(TokenTree tree, LogitRows rows, TokenPicker picker) {
    Acceptance.drawAndMatch(tree, rows, picker, verdict);
    drawn();
    return verdict;
  }

  /** Told after every token. */
  protected void drawn() {}

  @Override
  public final void rebase(int committedTokens) {}

  @Override
  public final int mostNodes() {
    return 1;
  }

  @Override
  public final Strategy proposer() {
    return proposer;
  }

  @Override
  public final Fidelity fidelity() {
    return fidelity;
  }
}
