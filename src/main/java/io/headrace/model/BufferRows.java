package io.headrace.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Logits in a buffer of the kernels. */
final class BufferRows implements LogitRows {
  private final MemorySegment values;
  private final int vocabulary;
  private final float[] row;
  private int rows;

  BufferRows(MemorySegment values, int vocabulary) {
    this.values = values;
    this.vocabulary = vocabulary;
    this.row = new float[vocabulary];
  }

  BufferRows withRows(int count) {
    rows = count;
    return this;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int vocabulary() {
    return vocabulary;
  }

  @Override
  public void copyRow(int index, float[] out) {
    if (index < 0 || index >= rows) throw new IndexOutOfBoundsException("row %d of %d".formatted(index, rows));
    MemorySegment.copy(values, ValueLayout.JAVA_FLOAT, 4L * index * vocabulary, out, 0, vocabulary);
  }

  @Override
  public int argmax(int index) {
    copyRow(index, row);
    float max = Float.NEGATIVE_INFINITY;
    float min = Float.POSITIVE_INFINITY;
    for (int i = 0; i < vocabulary; i++) {
      max = Math.max(max, row[i]);
      min = Math.min(min, row[i]);
    }
    if (!(max < Float.POSITIVE_INFINITY && min > Float.NEGATIVE_INFINITY)) return -1;
    int first = 0;
    while (row[first] != max) first++;
    return first;
  }
}
