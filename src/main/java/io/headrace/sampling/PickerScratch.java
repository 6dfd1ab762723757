package io.headrace.sampling;

import io.headrace.tensor.Choices;
import io.headrace.tensor.Weigher;

/**
 * Memory for choosing one token, shared by all pickers of an engine; and the choices that they make together.
 *
 * <p>Choosing together is an optimisation: {@link #begin}, then {@link TokenPicker#ahead} of every picker whose next row is known, then
 * {@link #chooseAhead}. A {@link TokenPicker#pick} of such a row finds its token made. Where the kernels make no choices, nothing happens
 * ahead and every pick does it all.
 *
 * <p>Thread: engine thread.
 */
public final class PickerScratch {
  final SpannedRow row;
  final Candidates candidates;
  final WholeRow whole;

  /** Made ahead, in one call. */
  final Choices joint;

  /** One at a time. */
  final Choices alone;

  private final Weigher weigher;

  /** Counts calls of {@link #begin}. */
  private long round;

  private long chosenRound = -1;

  /** For rows of {@code vocabulary} logits, 1 to {@link Weigher#MOST}. */
  public PickerScratch(int vocabulary, Weigher weigher) {
    if (vocabulary < 1)
      throw new IllegalArgumentException("vocabulary must be at least 1, was " + vocabulary);
    row = new SpannedRow(vocabulary);
    candidates = new Candidates(vocabulary);
    whole = new WholeRow(vocabulary, weigher);
    joint = new Choices(vocabulary);
    alone = new Choices(vocabulary);
    this.weigher = weigher;
  }

  /** Forgets all choices that were made ahead. */
  public void begin() {
    round++;
    joint.clear();
  }

  /** Makes the choices told since {@link #begin}. */
  public void chooseAhead() {
    if (joint.size() > 0) weigher.choose(joint);
    chosenRound = round;
  }

  /** Whether the kernels make choices. */
  boolean chooses() {
    return weigher.chooses();
  }

  /** Makes {@link #alone}. */
  void chooseAlone() {
    weigher.choose(alone);
  }

  long round() {
    return round;
  }

  /** Whether what was told in this round was chosen. */
  boolean chosen(long inRound) {
    return inRound == round && inRound == chosenRound;
  }
}
