package io.headrace.decode;

import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;

/** One token per pass of a companion; the target computes nothing. Engine thread; one per sequence. */
final class CompanionDecoding implements DecodingStrategy {
  private final PlainDecoding plain = new PlainDecoding();
  private final int companion;

  /** {@code companion}: its number, see {@link ModelRows}. */
  CompanionDecoding(int companion) {
    this.companion = companion;
  }

  @Override
  public TokenTree propose(SequenceView sequence, StepTerms terms) {
    return plain.propose(sequence, terms);
  }

  @Override
  public int models() {
    return ModelRows.only(companion);
  }

  @Override
  public LogitRows combine(ModelRows rows) {
    return rows.of(companion);
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
    return Strategy.PLAIN;
  }
}
