package io.headrace.engine;

import io.headrace.decode.Verdict;
import io.headrace.kv.BlockTable;

/**
 * Moves keys and values of a tree's accepted nodes together: slots {@code computed + node} become {@code computed + 1, computed + 2, …}; the root
 * is in place.
 *
 * <p>Thread: engine thread; reused from step to step.
 */
final class Compaction {
  private int[] from = new int[4];
  private int[] to = new int[4];

  /**
   * @param kept rows of the tree that stay, its root among them
   * @param computed tokens before the root
   * @param models that computed the tree, as a mask
   */
  void move(Verdict verdict, int kept, int computed, BlockTable table, Passes passes, int models) {
    if (from.length < kept) {
      from = new int[kept * 2];
      to = new int[kept * 2];
    }
    int moves = 0;
    for (int i = 1; i < kept; i++) {
      int node = verdict.node(i - 1);
      if (node == i) continue;
      from[moves] = computed + node;
      to[moves++] = computed + i;
    }
    if (moves == 0) return;
    for (int model = 0; models >> model != 0; model++) {
      if ((models >> model & 1) != 0) passes.model(model).moveTokens(table.ids(), table.size(), from, to, moves);
    }
  }
}
