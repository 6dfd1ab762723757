package io.headrace.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Operations prepared over buffers, matrices and pages. Buffers keep their values from one run to the next, so a pass may be run in
 * parts.
 *
 * <p>Thread: the thread of its kernels.
 */
public sealed interface Program extends AutoCloseable permits JavaProgram, NativeProgram {
  ProgramSpec spec();

  /**
   * Runs operations {@code [firstOp, endOp)} over a batch.
   *
   * @throws KernelFault if the batch does not fit; nothing was written then
   */
  void run(PassBatch batch, int firstOp, int endOp);

  /**
   * The same, with something brief to do on the calling thread while the others compute already, where there are others. A batch that
   * does not fit leaves it undone.
   *
   * @param meanwhile asks nothing of these kernels; what it throws is thrown, whether the operations are done or not
   */
  void run(PassBatch batch, int firstOp, int endOp, Runnable meanwhile);

  /** The float32 buffer {@code index}, {@code [rows, width]} row-major, until the program is closed. */
  MemorySegment buffer(int index);

  @Override
  void close();
}
