package io.headrace.testing;

import io.headrace.decode.DecodingStrategy;
import io.headrace.decode.Fidelity;
import io.headrace.decode.ModelRows;
import io.headrace.decode.SequenceView;
import io.headrace.decode.StepTerms;
import io.headrace.decode.TokenTree;
import io.headrace.decode.Verdict;
import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;

/** Another strategy, for tests that look at what it is given and what it says. Engine thread. */
public abstract class ForwardingStrategy implements DecodingStrategy {
  protected final DecodingStrategy own;

  protected ForwardingStrategy(DecodingStrategy own) {
    this.own = own;
  }

  @Override
  public int models() {
    return own.models();
  }

  @Override
  public TokenTree propose(SequenceView sequence, StepTerms terms) {
    return own.propose(sequence, terms);
  }

  @Override
  public LogitRows combine(ModelRows rows) {
    return own.combine(rows);
  }

  @Override
  public double weight() {
    return own.weight();
  }

  @Override
  public Strategy proposer() {
    return own.proposer();
  }

  @Override
  public Verdict judge(TokenTree tree, LogitRows rows, TokenPicker picker) {
    return own.judge(tree, rows, picker);
  }

  @Override
  public void rebase(int committedTokens) {
    own.rebase(committedTokens);
  }

  @Override
  public Fidelity fidelity() {
    return own.fidelity();
  }

  @Override
  public int mostNodes() {
    return own.mostNodes();
  }
}
