package io.headrace.model;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Logits of the wanted rows of the last pass: float32 {@code [rows, vocabulary]}, raw. Valid until the model's next pass.
 *
 * <p>A row is long and a choice looks at little of it, so a row can also be read in <i>spans</i> of {@link #SPAN} tokens, the last as
 * short as the vocabulary leaves it: {@link #copyPeaks} tells what each span can hold, {@link #copySpan} reads the few that matter.
 *
 * <p>Thread: engine thread.
 */
public interface LogitRows {
  /** Tokens of a span. */
  int SPAN = 64;

  int rows();

  int vocabulary();

  /** Spans of a row of {@code vocabulary} logits. */
  static int spans(int vocabulary) {
    return (vocabulary + SPAN - 1) / SPAN;
  }

  /** Copies row {@code row} into {@code out}, from index 0. {@code out} has at least {@link #vocabulary()} elements. */
  void copyRow(int row, float[] out);

  /**
   * The largest logit of each span of a row, from index 0 of {@code out}; a NaN for a span that holds a NaN or an infinity. {@code
   * out} has at least {@link #spans} elements.
   */
  void copyPeaks(int row, float[] out);

  /** Copies the logits of one span to where they stand in a row: {@code out[SPAN * span]} and on. */
  void copySpan(int row, int span, float[] out);

  /**
   * Copies the state after the final norm, of which row {@code row} was made, into {@code out}, which is as long as a
   * state.
   *
   * @throws UnsupportedOperationException unless the model was loaded with that tap
   */
  default void copyState(int row, float[] out) {
    throw new UnsupportedOperationException("the model was loaded without a tap after the final norm");
  }

  /** A row where it lies, float32 {@code [vocabulary]}: to be read, not kept. */
  MemorySegment values(int row);

  /** The peaks of a row where they lie, float32: to be read, not kept. Null unless row and peaks lie outside the heap. */
  default @Nullable MemorySegment peaks(int row) {
    return null;
  }

  /** The lowest id among the largest logits of a row, or -1 if the row holds a NaN or an infinity. */
  int argmax(int row);
}
