package io.headrace.sampling;

/**
 * Memory for choosing one token, shared by all pickers of an engine.
 *
 * <p>Thread: engine thread.
 */
public final class PickerScratch {
  private final int vocabulary;
  private final float[] row;
  final Candidates candidates;

  /** For rows of {@code vocabulary} logits, at least 1. */
  public PickerScratch(int vocabulary) {
    if (vocabulary < 1)
      throw new IllegalArgumentException("vocabulary must be at least 1, was " + vocabulary);
    this.vocabulary = vocabulary;
    row = new float[vocabulary];
    candidates = new Candidates(vocabulary);
  }

  /**
   * float32 {@code [vocabulary]}; where a row of raw logits is put before {@link TokenPicker#pick},
   * which changes it.
   */
  public float[] row() {
    return row;
  }

  public int vocabulary() {
    return vocabulary;
  }
}
