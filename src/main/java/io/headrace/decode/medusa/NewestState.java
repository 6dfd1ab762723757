package io.headrace.decode.medusa;

import io.headrace.decode.SequenceView;
import io.headrace.model.LogitRows;

/**
 * The state from which a sequence's newest token was chosen, as long as that is its newest; and of which length the sequence was when guesses were made
 * from it, until they are compared with what came.
 *
 * <p>Thread: engine thread.
 */
public final class NewestState {
  private static final int NOWHERE = -1;

  private final float[] state;
  private boolean known;
  private int guessedAt = NOWHERE;

  /** Of {@code hidden} values. */
  public NewestState(int hidden) {
    state = new float[hidden];
  }

  /** A pass was judged: from row {@code row} the newest token was chosen. */
  public void judged(LogitRows rows, int row) {
    rows.copyState(row, state);
    known = true;
  }

  /** Whether there is a state that nothing was guessed from. */
  public boolean known() {
    return known;
  }

  /** The state, for guesses of what follows {@code sequence}; the next pass brings another. */
  public float[] guess(SequenceView sequence) {
    known = false;
    guessedAt = sequence.size();
    return state;
  }

  /** Where in {@code sequence} what was guessed last begins, told once it has come; -1 where it has not, or was told. */
  public int came(SequenceView sequence) {
    if (guessedAt >= sequence.size()) return NOWHERE;
    int at = guessedAt;
    guessedAt = NOWHERE;
    return at;
  }

  /** The sequence was cut or begun anew. */
  public void forget() {
    known = false;
    guessedAt = NOWHERE;
  }
}
