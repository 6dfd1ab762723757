package io.headrace.testing;

import io.headrace.model.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows of a pass of a {@link ScriptedModel}, sequence by sequence. */
final class ScriptedBatch extends CountedBatch {
  /**
   * Rows of one sequence.
   *
   * @param table blocks that hold its tokens with these
   * @param parents row of this part that each follows, or -1
   * @param wanted last rows whose logits are
   */
  record Part(int[] table, int committed, int[] tokens, int[] parents, int wanted) {}

  private final int contextLength;
  private final boolean trees;
  private final List<Part> parts = new ArrayList<>();
  private int treeRows;

  /** @param trees whether the model has a tree pass */
  ScriptedBatch(int maxRows, int maxSequences, int maxWanted, int contextLength, boolean trees) {
    super(maxRows, maxSequences, maxWanted);
    this.contextLength = contextLength;
    this.trees = trees;
  }

  List<Part> parts() {
    return parts;
  }

  /** Rows that came as trees. */
  int treeRows() {
    return treeRows;
  }

  @Override
  public void clear() {
    super.clear();
    parts.clear();
    treeRows = 0;
  }

  @Override
  public int addChain(int[] table, int blocks, int committed, int[] tokens, int from, int count, int wantedLast) {
    int[] parents = new int[count];
    for (int i = 0; i < count; i++) parents[i] = i - 1;
    return add(table, blocks, new Part(table, committed, Arrays.copyOfRange(tokens, from, from + count), parents, wantedLast));
  }

  @Override
  public int addTree(int[] table, int blocks, int committed, int[] tokens, int[] parents, int count) {
    if (!trees) throw new IllegalArgumentException("this model has no tree pass");
    treeRows += count;
    return add(table, blocks, new Part(table, committed, Arrays.copyOf(tokens, count), Arrays.copyOf(parents, count), count));
  }

  private int add(int[] table, int blocks, Part part) {
    int rows = part.tokens.length;
    int end = part.committed + rows;
    if (rows == 0 || end > blocks * Model.BLOCK_TOKENS) {
      throw new IllegalArgumentException("%d rows after %d in %d blocks".formatted(rows, part.committed, blocks));
    }
    if (end > contextLength) throw new IllegalArgumentException("beyond the window");
    int first = count(rows, part.wanted);
    int needed = (end + Model.BLOCK_TOKENS - 1) / Model.BLOCK_TOKENS;
    parts.add(new Part(Arrays.copyOf(table, needed), part.committed, part.tokens, part.parents, part.wanted));
    return first;
  }
}
