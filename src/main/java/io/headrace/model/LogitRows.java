package io.headrace.model;

/**
 * Logits of the wanted rows of the last pass: float32 {@code [rows, vocabulary]}, raw. Valid until the model's next pass.
 *
 * <p>Thread: engine thread.
 */
public interface LogitRows {
  int rows();

  int vocabulary();

  /** Copies row {@code row} into {@code out}, from index 0. {@code out} has at least {@link #vocabulary()} elements. */
  void copyRow(int row, float[] out);

  /** The lowest id among the largest logits of a row, or -1 if the row holds a NaN or an infinity. */
  int argmax(int row);
}
