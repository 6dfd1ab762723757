package io.headrace.decode;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;

/**
 * Two models take turns, one token a pass: the target while the choice is hard, as the mean entropy of the last rows tells, a companion
 * while it is easy. Whoever takes over first computes the tokens it has not seen. Nothing is verified: the output is neither model's own.
 *
 * <p>The same request gives the same output in any company: who goes on depends on the rows alone.
 *
 * <p>Thread: engine thread; one per sequence.
 */
public final class EntropyDecoding implements DecodingStrategy {
  /**
   * So far the model that rests may fall behind one that has taken turns with it; then it computes what it lacks beside the other, so that
   * a later turn does not begin with a long wait. One that never had a turn is not caught up with: it may never have one.
   */
  static final int MOST_BEHIND = 64;

  private final EntropySwitch rule;
  private final int companion;
  private final TokenTree tree = new TokenTree(1);
  private final Verdict verdict = new Verdict();

  /** Entropies of the last rows of the model that goes on, the {@code seen}-th at {@code seen % length}. */
  private final double[] window;

  private int seen;
  private boolean onTarget;
  private int yielded;
  private boolean switched;
  private int behind;

  /**
   * @param companion its number, 1 and up
   */
  public EntropyDecoding(DecodingChoice.Entropy choice, int companion) {
    rule = new EntropySwitch(choice.threshold(), choice.dwell(), choice.hysteresis());
    window = new double[choice.window()];
    onTarget = choice.startOnTarget();
    this.companion = companion;
  }

  @Override
  public int models() {
    int both = ModelRows.only(ModelRows.TARGET) | ModelRows.only(companion);
    return switched && behind >= MOST_BEHIND ? both : ModelRows.only(active());
  }

  @Override
  public TokenTree propose(SequenceView sequence, StepTerms terms) {
    return tree.root(sequence.token(sequence.size() - 1));
  }

  @Override
  public LogitRows combine(ModelRows rows) {
    double bits = rows.entropy(active(), 0);
    // A row that is no number fails the sequence when a token is drawn from it.
    if (bits == bits) window[seen++ % window.length] = bits;
    return rows.of(active());
  }

  @Override
  public Verdict judge(TokenTree tree, LogitRows rows, TokenPicker picker) {
    Acceptance.drawAndMatch(tree, rows, picker, verdict);
    behind = switched && behind >= MOST_BEHIND ? 1 : behind + 1;
    yielded++;
    boolean targetNext = rule.targetNext(onTarget, mean(), yielded);
    if (targetNext != onTarget) {
      onTarget = targetNext;
      switched = true;
      yielded = 0;
      seen = 0;
      behind = 0;
    }
    return verdict;
  }

  /** NaN where nothing was seen since the switch. */
  private double mean() {
    int count = Math.min(seen, window.length);
    double sum = 0;
    for (int i = 0; i < count; i++) sum += window[i];
    return sum / count;
  }

  private int active() {
    return onTarget ? ModelRows.TARGET : companion;
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
    return Strategy.ENTROPY;
  }
}
