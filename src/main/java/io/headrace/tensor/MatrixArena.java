package io.headrace.tensor;

import java.lang.foreign.MemorySegment;

/** Owns the memory of packed matrices. Closing frees all of them; programs that use them must be closed before. */
public interface MatrixArena extends AutoCloseable {
  /**
   * Packs a matrix.
   *
   * @param source row-major weights as in a file, off-heap and open to any thread, {@code rows * format.rowBytes(columns)}
   *     bytes; not needed afterwards
   * @throws KernelFault if {@code source} has another size or the arena is full
   */
  Matrix pack(QuantFormat format, long rows, long columns, MemorySegment source);

  /** Bytes of all matrices packed so far. */
  long usedBytes();

  @Override
  void close();
}
