package io.headrace.tensor;

/** A packed weight matrix: {@code rows} outputs by {@code columns} inputs. Lives as long as its {@link MatrixArena}. */
public sealed interface Matrix permits JavaMatrix, NativeMatrix {
  QuantFormat format();

  long rows();

  long columns();

  /** Copies row {@code row}, dequantised, to the start of {@code out}. */
  void copyRow(long row, float[] out);
}
