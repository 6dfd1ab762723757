package io.headrace.tensor;

/** Whether the moves of {@link KvPages#move} stay inside the sequence's blocks. */
final class MoveCheck {
  private MoveCheck() {}

  static void check(KvShape shape, int[] table, int blocks, int[] from, int[] to, int count) {
    if (blocks > table.length || count > from.length || count > to.length) {
      throw new KernelFault("moves are longer than their arrays");
    }
    for (int i = 0; i < count; i++) {
      if (to[i] < 0 || from[i] < to[i] || from[i] >= blocks * Kernels.PAGE_TOKENS) {
        throw new KernelFault(
            "cannot move slot %d to %d of %d blocks".formatted(from[i], to[i], blocks));
      }
    }
    for (int b = 0; b < blocks; b++) {
      if (table[b] < 0 || table[b] >= shape.blocks()) {
        throw new KernelFault("block %d of %d".formatted(table[b], shape.blocks()));
      }
    }
  }
}
