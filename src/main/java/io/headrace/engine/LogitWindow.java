package io.headrace.engine;

import io.headrace.model.LogitRows;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The rows of one sequence among those of a pass; row 0 is its first. Engine thread; reused. */
final class LogitWindow implements LogitRows {
  private LogitRows all;
  private int first;
  private int rows;

  LogitWindow(LogitRows all) {
    this.all = all;
  }

  LogitWindow over(LogitRows all, int first, int rows) {
    this.all = all;
    this.first = first;
    this.rows = rows;
    return this;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int vocabulary() {
    return all.vocabulary();
  }

  @Override
  public void copyRow(int row, float[] out) {
    all.copyRow(at(row), out);
  }

  @Override
  public void copyPeaks(int row, float[] out) {
    all.copyPeaks(at(row), out);
  }

  @Override
  public void copySpan(int row, int span, float[] out) {
    all.copySpan(at(row), span, out);
  }

  @Override
  public void copyState(int row, float[] out) {
    all.copyState(at(row), out);
  }

  @Override
  public MemorySegment values(int row) {
    return all.values(at(row));
  }

  @Override
  public @Nullable MemorySegment peaks(int row) {
    return all.peaks(at(row));
  }

  @Override
  public int argmax(int row) {
    return all.argmax(at(row));
  }

  private int at(int row) {
    if (row < 0 || row >= rows)
      throw new IndexOutOfBoundsException("row %d of %d".formatted(row, rows));
    return first + row;
  }
}
