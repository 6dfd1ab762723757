package io.headrace.model;

import io.headrace.tensor.Kernels;
import io.headrace.tensor.PassBatch;

/** A batch that is packed straight into what the kernels read. */
final class PackedBatch implements ForwardBatch {
  private final PassBatch pass;
  private final int vocabulary;
  private final int positions;

  PackedBatch(PassBatch pass, int vocabulary, int positions) {
    this.pass = pass;
    this.vocabulary = vocabulary;
    this.positions = positions;
  }

  PassBatch pass() {
    return pass;
  }

  @Override
  public void clear() {
    pass.clear();
  }

  @Override
  public int rows() {
    return pass.rows();
  }

  @Override
  public int sequences() {
    return pass.sequences();
  }

  @Override
  public int wanted() {
    return pass.wanted();
  }

  @Override
  public int maxRows() {
    return pass.maxRows();
  }

  @Override
  public int maxSequences() {
    return pass.maxSequences();
  }

  @Override
  public int maxWanted() {
    return pass.maxWanted();
  }

  @Override
  public int addChain(
      int[] table, int blocks, int committed, int[] tokens, int from, int count, int wantedLast) {
    if (wantedLast < 0 || wantedLast > count) {
      throw new IllegalArgumentException("%d of %d rows cannot want logits".formatted(wantedLast, count));
    }
    check(table, blocks, committed, tokens, from, count, wantedLast);
    if (committed + count > positions) {
      throw new IllegalArgumentException(
          "%d committed and %d new tokens exceed the context of %d"
              .formatted(committed, count, positions));
    }
    int firstWanted = pass.wanted();
    pass.beginSequence(committed, table, blocksOf(committed + count));
    int parent = -1;
    for (int i = 0; i < count; i++) {
      int at = committed + i;
      parent = pass.addRow(tokens[from + i], at, at, parent, i >= count - wantedLast);
    }
    return firstWanted;
  }

  @Override
  public int addTree(
      int[] table, int blocks, int committed, int[] tokens, int[] parents, int count) {
    check(table, blocks, committed, tokens, 0, count, count);
    if (count > Kernels.MAX_TREE_ROWS || parents.length < count) {
      throw new IllegalArgumentException(
          "a tree has at most %d rows with a parent each, not %d with %d"
              .formatted(Kernels.MAX_TREE_ROWS, count, parents.length));
    }
    int[] depth = new int[count];
    for (int i = 0; i < count; i++) {
      if (parents[i] < -1 || parents[i] >= i) {
        throw new IllegalArgumentException("node %d has parent %d".formatted(i, parents[i]));
      }
      depth[i] = parents[i] == -1 ? 0 : depth[parents[i]] + 1;
      if (committed + depth[i] >= positions) {
        throw new IllegalArgumentException(
            "node %d at position %d exceeds the context of %d"
                .formatted(i, committed + depth[i], positions));
      }
    }
    int firstWanted = pass.wanted();
    int firstRow = pass.rows();
    pass.beginSequence(committed, table, blocksOf(committed + count));
    for (int i = 0; i < count; i++) {
      int parent = parents[i] == -1 ? -1 : firstRow + parents[i];
      pass.addRow(tokens[i], committed + depth[i], committed + i, parent, true);
    }
    return firstWanted;
  }

  private static int blocksOf(int tokens) {
    return (tokens + Model.BLOCK_TOKENS - 1) / Model.BLOCK_TOKENS;
  }

  /** Everything that can be wrong is found before the first row is added, so a refused sequence leaves no trace. */
  private void check(
      int[] table, int blocks, int committed, int[] tokens, int from, int count, int wantedRows) {
    if (count < 1 || from < 0 || from > tokens.length - count) {
      throw new IllegalArgumentException(
          "%d tokens from %d of %d".formatted(count, from, tokens.length));
    }
    if (committed < 0) throw new IllegalArgumentException("committed is negative: " + committed);
    if (blocks < 0 || blocks > table.length) {
      throw new IllegalArgumentException("%d blocks of a table of %d".formatted(blocks, table.length));
    }
    if ((long) blocks * Model.BLOCK_TOKENS < (long) committed + count) {
      throw new IllegalArgumentException(
          "%d blocks do not hold %d committed and %d new tokens".formatted(blocks, committed, count));
    }
    if (pass.rows() + count > pass.maxRows()) {
      throw new IllegalArgumentException(
          "%d more rows exceed the pass of %d".formatted(count, pass.maxRows()));
    }
    if (pass.sequences() == pass.maxSequences()) {
      throw new IllegalArgumentException("the pass holds at most " + pass.maxSequences() + " sequences");
    }
    if (pass.wanted() + wantedRows > pass.maxWanted()) {
      throw new IllegalArgumentException(
          "%d more rows that want logits exceed %d".formatted(wantedRows, pass.maxWanted()));
    }
    for (int i = from; i < from + count; i++) {
      if (tokens[i] < 0 || tokens[i] >= vocabulary) {
        throw new IllegalArgumentException(
            "token %d is not in the vocabulary of %d".formatted(tokens[i], vocabulary));
      }
    }
  }
}
