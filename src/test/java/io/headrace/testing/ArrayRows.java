package io.headrace.testing;

import io.headrace.model.LogitRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** One row of logits in an array; counts what was read. */
public final class ArrayRows implements LogitRows {
  private final float[] values;

  /** Calls of {@link #copySpan}. */
  public int spansRead;

  /** Calls of {@link #values}. */
  public int wholeRead;

  /** The row and its peaks, where they lie outside the heap for good. */
  private final @Nullable MemorySegment outside;

  private final @Nullable MemorySegment peaks;

  public ArrayRows(float... values) {
    this(values, false);
  }

  private ArrayRows(float[] values, boolean stays) {
    this.values = values;
    float[] known = new float[LogitRows.spans(values.length)];
    copyPeaks(0, known);
    outside = stays ? Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, values) : null;
    peaks = stays ? Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, known) : null;
  }

  /** A row that lies where a model's do. */
  public static ArrayRows outsideTheHeap(float... values) {
    return new ArrayRows(values, true);
  }

  @Override
  public @Nullable MemorySegment peaks(int row) {
    return peaks;
  }

  @Override
  public int rows() {
    return 1;
  }

  @Override
  public int vocabulary() {
    return values.length;
  }

  @Override
  public void copyRow(int row, float[] out) {
    System.arraycopy(values, 0, out, 0, values.length);
  }

  @Override
  public void copyPeaks(int row, float[] out) {
    for (int span = 0; span < LogitRows.spans(values.length); span++) {
      float peak = Float.NEGATIVE_INFINITY;
      for (int i = span * SPAN; i < Math.min(values.length, (span + 1) * SPAN); i++) {
        peak = Float.isFinite(values[i]) ? Math.max(peak, values[i]) : Float.NaN;
        if (peak != peak) break;
      }
      out[span] = peak + 0f;
    }
  }

  @Override
  public void copySpan(int row, int span, float[] out) {
    spansRead++;
    int first = span * SPAN;
    System.arraycopy(values, first, out, first, Math.min(SPAN, values.length - first));
  }

  /** Outside the heap, where native kernels can read it. */
  @Override
  public MemorySegment values(int row) {
    wholeRead++;
    return outside != null ? outside : Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, values);
  }

  @Override
  public int argmax(int row) {
    int best = 0;
    for (int id = 0; id < values.length; id++) {
      if (!Float.isFinite(values[id])) return -1;
      if (values[id] > values[best]) best = id;
    }
    return best;
  }
}
