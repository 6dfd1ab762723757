package io.headrace.model;

import io.headrace.tensor.Kernels;
import io.headrace.tensor.Op;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Logits in a buffer of the kernels, with their peaks in another. */
final class BufferRows implements LogitRows {
  private final MemorySegment values;
  private final MemorySegment peaks;
  private final @Nullable MemorySegment largest;
  private final float[] span = new float[SPAN];
  private final MemorySegment[] slices;
  private final MemorySegment[] peakSlices;
  private final int vocabulary;
  private final int spans;
  private final @Nullable MemorySegment states;
  private int rows;

  BufferRows(MemorySegment values, MemorySegment peaks, int vocabulary) {
    this(values, peaks, null, vocabulary, null);
  }

  /**
   * @param largest which peak of a row is the first of the largest, see {@link Op.Argmax}, where that is known
   * @param states the rows' states after the final norm, where they are kept
   */
  BufferRows(
      MemorySegment values, MemorySegment peaks, @Nullable MemorySegment largest, int vocabulary, @Nullable MemorySegment states) {
    this.states = states;
    this.largest = largest;
    this.values = values;
    this.peaks = peaks;
    this.vocabulary = vocabulary;
    this.spans = spans(vocabulary);
    long bytes = 4L * vocabulary;
    slices = new MemorySegment[Math.toIntExact(values.byteSize() / bytes)];
    for (int i = 0; i < slices.length; i++) slices[i] = values.asSlice(i * bytes, bytes);
    long peakBytes = 4L * spans;
    peakSlices = new MemorySegment[slices.length];
    for (int i = 0; i < slices.length; i++) peakSlices[i] = peaks.asSlice(i * peakBytes, peakBytes);
  }

  /** Width of the peaks of rows of {@code vocabulary} logits. */
  static int spans(int vocabulary) {
    assert SPAN == Kernels.PEAK_SPAN;
    return LogitRows.spans(vocabulary);
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
    check(index);
    MemorySegment.copy(values, ValueLayout.JAVA_FLOAT, 4L * index * vocabulary, out, 0, vocabulary);
  }

  @Override
  public void copyPeaks(int index, float[] out) {
    check(index);
    MemorySegment.copy(peaks, ValueLayout.JAVA_FLOAT, 4L * index * spans, out, 0, spans);
  }

  @Override
  public void copySpan(int index, int span, float[] out) {
    copySpan(check(index), span, out, span * SPAN);
  }

  private void copySpan(int index, int span, float[] out, int to) {
    int first = span * SPAN;
    int count = Math.min(SPAN, vocabulary - first);
    long at = 4L * ((long) index * vocabulary + first);
    MemorySegment.copy(values, ValueLayout.JAVA_FLOAT, at, out, to, count);
  }

  @Override
  public void copyState(int index, float[] out) {
    if (states == null) LogitRows.super.copyState(index, out);
    else MemorySegment.copy(states, ValueLayout.JAVA_FLOAT, 4L * check(index) * out.length, out, 0, out.length);
  }

  @Override
  public MemorySegment values(int index) {
    check(index);
    return slices[index];
  }

  @Override
  public @Nullable MemorySegment peaks(int index) {
    check(index);
    return values.isNative() ? peakSlices[index] : null;
  }

  @Override
  public int argmax(int index) {
    check(index);
    int best = largest == null ? largestPeak(index) : (int) largest.getAtIndex(ValueLayout.JAVA_FLOAT, index);
    if (best < 0) return -1;
    copySpan(index, best, span, 0);
    int first = best * SPAN;
    int most = 0;
    for (int i = 1; i < Math.min(SPAN, vocabulary - first); i++) if (span[i] > span[most]) most = i;
    return first + most;
  }

  /** Which peak of a row is the first of the largest, or -1 if one of them is no number. */
  private int largestPeak(int index) {
    int best = 0;
    float most = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < spans; i++) {
      float peak = peaks.getAtIndex(ValueLayout.JAVA_FLOAT, (long) index * spans + i);
      if (peak != peak) return -1;
      if (peak > most) {
        most = peak;
        best = i;
      }
    }
    return best;
  }

  private int check(int index) {
    if (index < 0 || index >= rows) throw new IndexOutOfBoundsException("row %d of %d".formatted(index, rows));
    return index;
  }
}
