package io.headrace.decode;

import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;

/** One token per pass: the root alone, and the token that follows it. */
public final class PlainDecoding implements DecodingStrategy {
  private final TokenTree tree = new TokenTree(1);
  private final Verdict verdict = new Verdict();

  @Override
  public TokenTree propose(SequenceView sequence, StepTerms terms) {
    return tree.root(sequence.token(sequence.size() - 1));
  }

  @Override
  public Verdict judge(TokenTree tree, LogitRows rows, TokenPicker picker) {
    return Acceptance.drawAndMatch(tree, rows, picker, verdict);
  }

  @Override
  public void rebase(int committedTokens) {}

  @Override
  public Fidelity fidelity() {
    return Fidelity.EXACT;
  }

  @Override
  public int mostNodes() {
    return 1;
  }

  @Override
  public Strategy proposer() {
    return Strategy.PLAIN;
  }
}
