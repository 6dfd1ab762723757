package io.headrace.tensor;

import java.util.HashMap;
import java.util.Map;

/** Whether a batch fits a program: tokens, positions, parents and blocks. The first misfit is a {@link KernelFault}. */
final class BatchCheck {
  private BatchCheck() {}

  /** {@code vocabulary} rows of the embedding matrix; {@link Long#MAX_VALUE} when tokens are not looked up. */
  static void check(PassBatch batch, ProgramSpec spec, long vocabulary) {
    require(batch.rows() >= 1, "the batch has no rows");
    require(
        batch.rows() <= spec.maxRows()
            && batch.sequences() <= spec.maxSequences()
            && batch.wanted() <= spec.maxWanted(),
        "%d rows, %d sequences or %d wanted rows are too many"
            .formatted(batch.rows(), batch.sequences(), batch.wanted()));
    for (int s = 0; s < batch.sequences(); s++) sequence(batch, spec, vocabulary, s);
    writtenBlocks(batch);
  }

  /** A block that is written stands once in all tables of the batch: rows are written in no order. */
  private static void writtenBlocks(PassBatch batch) {
    Map<Integer, Integer> uses = new HashMap<>();
    for (int s = 0; s < batch.sequences(); s++) {
      for (int b = 0; b <= lastBlock(batch, s); b++) uses.merge(batch.block(s, b), 1, Integer::sum);
    }
    for (int s = 0; s < batch.sequences(); s++) {
      for (int b = batch.committed(s) / Kernels.PAGE_TOKENS; b <= lastBlock(batch, s); b++) {
        int block = batch.block(s, b);
        require(uses.get(block) == 1, "block " + block + " is written and used elsewhere in the batch");
      }
    }
  }

  private static int lastBlock(PassBatch batch, int sequence) {
    return batch.slot(batch.firstRow(sequence + 1) - 1) / Kernels.PAGE_TOKENS;
  }

  private static void sequence(PassBatch batch, ProgramSpec spec, long vocabulary, int s) {
    int first = batch.firstRow(s);
    int end = batch.firstRow(s + 1);
    int committed = batch.committed(s);
    require(end > first, "sequence " + s + " has no rows");
    require(committed >= 0, "sequence " + s + " has a negative length");
    boolean tree = false;
    int lastSlot = committed - 1;
    for (int r = first; r < end; r++) {
      int position = batch.position(r);
      int parent = batch.parent(r);
      require(
          batch.token(r) >= 0 && batch.token(r) < vocabulary,
          "row %d has token %d of a vocabulary of %d".formatted(r, batch.token(r), vocabulary));
      require(
          position >= 0 && position < spec.rope().positions(),
          "row %d is at position %d of %d".formatted(r, position, spec.rope().positions()));
      require(
          parent == -1 || parent >= first && parent < r,
          "row %d has parent %d, which is no earlier row of its sequence".formatted(r, parent));
      require(
          position == (parent == -1 ? committed : batch.position(parent) + 1),
          "row %d is at position %d, which does not follow its parent".formatted(r, position));
      require(
          batch.slot(r) == committed + (r - first),
          "row %d goes to slot %d, not the next one".formatted(r, batch.slot(r)));
      tree |= batch.slot(r) != position;
      lastSlot = batch.slot(r);
    }
    require(!tree || end - first <= Kernels.MAX_TREE_ROWS, "a tree has at most 64 rows");
    int blocks = lastSlot / Kernels.PAGE_TOKENS + 1;
    require(blocks <= batch.tableStride(), "sequence " + s + " outgrows its table");
    for (int b = 0; b < blocks; b++) {
      int id = batch.block(s, b);
      require(
          id >= 0 && id < spec.pages().shape().blocks(),
          "sequence %d names block %d of %d".formatted(s, id, spec.pages().shape().blocks()));
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) throw new KernelFault(otherwise);
  }
}
