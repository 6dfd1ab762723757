package io.headrace.sampling;

import io.headrace.tensor.Weigher;

/**
 * Memory for choosing one token, shared by all pickers of an engine.
 *
 * <p>Thread: engine thread.
 */
public final class PickerScratch {
  final SpannedRow row;
  final Candidates candidates;
  final WholeRow whole;

  /** For rows of {@code vocabulary} logits, 1 to {@link Weigher#MOST}. */
  public PickerScratch(int vocabulary, Weigher weigher) {
    if (vocabulary < 1)
      throw new IllegalArgumentException("vocabulary must be at least 1, was " + vocabulary);
    row = new SpannedRow(vocabulary);
    candidates = new Candidates(vocabulary);
    whole = new WholeRow(vocabulary, weigher);
  }
}
