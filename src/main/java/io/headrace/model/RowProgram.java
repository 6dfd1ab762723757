package io.headrace.model;

import io.headrace.tensor.BufferSpec;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KvFormat;
import io.headrace.tensor.KvPages;
import io.headrace.tensor.KvShape;
import io.headrace.tensor.Op;
import io.headrace.tensor.PassBatch;
import io.headrace.tensor.Program;
import io.headrace.tensor.ProgramSpec;
import io.headrace.tensor.RopeTables;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A program whose operations look at rows only, with no attention and no position.
 *
 * <p>Thread: engine thread. Close it before its matrices.
 */
final class RowProgram implements AutoCloseable {
  private final KvPages pages;
  private final Program program;
  private final PassBatch batch;
  private final int[] table;

  RowProgram(Kernels kernels, int rows, List<BufferSpec> buffers, List<Op> ops) {
    // A program cannot be without pages and rotations; nothing in this one reads them, so they are the smallest there are.
    int blocks = (rows + Kernels.PAGE_TOKENS - 1) / Kernels.PAGE_TOKENS;
    pages = kernels.openPages(new KvShape(1, blocks, 1, 16, KvFormat.F16));
    try {
      RopeTables rope =
          new RopeTables(RopeTables.Pairing.HALVES, rows, new float[8 * rows], new float[8 * rows]);
      program = kernels.open(new ProgramSpec(rows, 1, 1, 1, rope, 1f, pages, buffers, ops));
    } catch (RuntimeException failed) {
      pages.close();
      throw failed;
    }
    batch = new PassBatch(rows, 1, 1, blocks);
    table = new int[blocks];
    for (int i = 0; i < blocks; i++) table[i] = i;
  }

  MemorySegment buffer(int index) {
    return program.buffer(index);
  }

  /** Runs operations {@code [first, end)} over {@code rows} rows that embed {@code tokens}, 0 where there are none. */
  void run(int[] tokens, int rows, int first, int end) {
    // The kernels want a batch that could exist.
    batch.clear();
    batch.beginSequence(0, table, (rows + Kernels.PAGE_TOKENS - 1) / Kernels.PAGE_TOKENS);
    for (int r = 0; r < rows; r++) batch.addRow(r < tokens.length ? tokens[r] : 0, r, r, r - 1, false);
    program.run(batch, first, end);
  }

  @Override
  public void close() {
    program.close();
    pages.close();
  }
}
