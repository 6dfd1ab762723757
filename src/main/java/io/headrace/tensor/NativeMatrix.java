package io.headrace.tensor;

import java.lang.foreign.MemorySegment;

/** A matrix in the tiled layout of the native kernels. */
record NativeMatrix(
    NativeCalls calls, QuantFormat format, long rows, long columns, MemorySegment packed)
    implements Matrix {
  @Override
  public void copyRow(long row, float[] out) {
    if (row < 0 || row >= rows) throw new KernelFault("row %d of %d".formatted(row, rows));
    calls.matrixRow(format.id(), rows, columns, packed, row, out);
  }
}
