package io.headrace.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Rows of hidden states of the last pass, float32. Valid until the model's next pass.
 *
 * <p>Thread: engine thread.
 */
public final class HiddenRows {
  private final MemorySegment values;
  private final int rows;
  private final int width;

  HiddenRows(MemorySegment values, int rows, int width) {
    this.values = values;
    this.rows = rows;
    this.width = width;
  }

  public int rows() {
    return rows;
  }

  /** Values of a row: the model's hidden size. */
  public int width() {
    return width;
  }

  /** Copies row {@code row} into {@code out}, from index 0. */
  public void copyRow(int row, float[] out) {
    if (row < 0 || row >= rows) throw new IndexOutOfBoundsException("row %d of %d".formatted(row, rows));
    MemorySegment.copy(values, ValueLayout.JAVA_FLOAT, 4L * row * width, out, 0, width);
  }
}
