package io.headrace.sampling;

/**
 * Memory for choosing one token, shared by all pickers of an engine.
 *
 * <p>Thread: engine thread.
 */
public final class PickerScratch {
  final SpannedRow row;
  final Candidates candidates;

  /** For rows of {@code vocabulary} logits, at least 1. */
  public PickerScratch(int vocabulary) {
    if (vocabulary < 1)
      throw new IllegalArgumentException("vocabulary must be at least 1, was " + vocabulary);
    row = new SpannedRow(vocabulary);
    candidates = new Candidates(vocabulary);
  }
}
