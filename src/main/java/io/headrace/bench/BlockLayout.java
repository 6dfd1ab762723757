package io.headrace.bench;

import io.headrace.model.Model;
import java.util.List;

/**
 * Where the sequences of a set of shapes keep their keys and values, so that contexts computed once serve every round: a deep
 * sequence for shapes of one sequence, and beside it those of batches.
 *
 * @param deepBlocks blocks of the deep sequence, the first ones
 * @param sequences sequences of the largest batch
 * @param blocksEach blocks of each of them
 */
record BlockLayout(int deepBlocks, int sequences, int blocksEach) {
  static BlockLayout of(List<Workload> loads) {
    int deep = 0;
    int sequences = 0;
    int each = 0;
    for (Workload load : loads) {
      int blocks = Math.ceilDiv(load.reach(), Model.BLOCK_TOKENS);
      if (load instanceof Workload.Batch) {
        sequences = Math.max(sequences, load.sequences());
        each = Math.max(each, blocks);
      } else {
        deep = Math.max(deep, blocks);
      }
    }
    return new BlockLayout(deep, sequences, each);
  }

  int blocks() {
    return deepBlocks + sequences * blocksEach;
  }

  /** Block ids of the deep sequence. */
  int[] deep() {
    return range(0, deepBlocks);
  }

  /** Block ids of sequence {@code index} of a batch. */
  int[] sequence(int index) {
    return range(deepBlocks + index * blocksEach, blocksEach);
  }

  boolean holds(Workload load) {
    int blocks = Math.ceilDiv(load.reach(), Model.BLOCK_TOKENS);
    return load instanceof Workload.Batch ? load.sequences() <= sequences && blocks <= blocksEach : blocks <= deepBlocks;
  }

  private static int[] range(int from, int count) {
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) ids[i] = from + i;
    return ids;
  }
}
