package io.headrace.decode;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;

/**
 * Two models take turns, one token a pass: the target while the choice is hard, as the mean entropy of the last rows tells, a companion
 * while it is easy. Whoever takes over first computes the tokens it has not seen. Nothing is verified: the output is neither model's own.
 *
 * <p>The same request gives the same output in any company: who goes on depends on the rows alone.
 *
 * <p>Thread: engine thread; one per sequence.
 */
public final class EntropyDecoding extends OneTokenDecoding {
  /**
   * So far the model that rests may fall behind one that has taken turns with it; then it computes what it lacks beside the other, so that
   * a later turn does not begin with a long wait. One that never had a turn is not caught up with: it may never have one.
   */
  static final int MOST_BEHIND = 64;

  private final EntropyTurns turns;
  private final int companion;
  private boolean switched;
  private int behind;

  /**
   * @param companion its number, 1 and up
   */
  public EntropyDecoding(DecodingChoice.Entropy choice, int companion) {
    super(Strategy.ENTROPY, Fidelity.APPROXIMATE);
    turns = new EntropyTurns(new EntropySwitch(choice.threshold(), choice.dwell(), choice.hysteresis()), choice.window(), choice.startOnTarget());
    this.companion = companion;
  }

  @Override
  public int models() {
    int both = ModelRows.only(ModelRows.TARGET) | ModelRows.only(companion);
    return catchesUp() ? both : ModelRows.only(active());
  }

  @Override
  public LogitRows combine(ModelRows rows) {
    // A row that is no number fails the sequence when a token is drawn from it.
    turns.saw(rows.entropy(active(), 0));
    return rows.of(active());
  }

  @Override
  protected void drawn() {
    behind = catchesUp() ? 1 : behind + 1;
    if (!turns.passes()) return;
    switched = true;
    behind = 0;
  }

  private boolean catchesUp() {
    return switched && behind >= MOST_BEHIND;
  }

  private int active() {
    return turns.onTarget() ? ModelRows.TARGET : companion;
  }
}
