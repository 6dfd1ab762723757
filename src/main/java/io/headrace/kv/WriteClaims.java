package io.headrace.kv;

/**
 * Which shared blocks companions write to in one step. A companion that catches up with a sequence may write to blocks that others hold
 * too; here it claims them first, so that no block is written twice, or written by one sequence and read by another, in one pass.
 *
 * <p>Whoever reads a block and does not write to it has it noted as computed ({@link BlockPool#noteComputed}), and what is noted is not
 * written again; so it is enough that all who write to a block, even to a part of it, claim the whole.
 *
 * <p>Thread: engine thread.
 */
public final class WriteClaims {
  private final int blockTokens;
  private final long[][] claimed;
  private long step;

  /**
   * @param models of the engine, the target included
   */
  public WriteClaims(BlockPool pool, int models) {
    blockTokens = pool.blockTokens();
    claimed = new long[models][];
    for (int model = 1; model < models; model++) claimed[model] = new long[pool.blocks()];
  }

  /** A new step: nothing is claimed. */
  public void begin() {
    step++;
  }

  /**
   * Claims the shared blocks in which tokens {@code [from, end)} of a table lie.
   *
   * @param model a companion, 1 and up
   * @return false if one of them is claimed already; none is claimed then
   */
  public boolean claim(BlockTable table, int model, int from, int end) {
    long[] claims = claimed[model];
    int last = Math.min(table.published(), (end + blockTokens - 1) / blockTokens);
    for (int i = from / blockTokens; i < last; i++) {
      if (claims[table.ids()[i]] == step) return false;
    }
    for (int i = from / blockTokens; i < last; i++) claims[table.ids()[i]] = step;
    return true;
  }
}
