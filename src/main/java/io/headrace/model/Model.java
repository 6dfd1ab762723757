package io.headrace.model;

import io.headrace.tensor.Weigher;

/**
 * Runs rows of tokens through a model. The engine owns the pass and the block tables; the model owns weights and pages.
 *
 * <p>Errors: {@link io.headrace.tensor.KernelFault} when the kernels refuse a pass; nothing is committed then.
 *
 * <p>Thread: engine thread, except {@link #card()} and {@link #capabilities()}.
 */
public interface Model extends AutoCloseable {
  /** Tokens of a block of keys and values. */
  int BLOCK_TOKENS = 16;

  ModelCard card();

  ModelCapabilities capabilities();

  /** Blocks of keys and values this model has memory for. */
  int blocks();

  /** An empty batch with this model's limits. */
  ForwardBatch newBatch();

  /** What weighs the rows of {@link #forward} for a draw. */
  Weigher weigher();

  /** Computes every row of {@code batch}; afterwards its keys and values are in the blocks. */
  default LogitRows forward(ForwardBatch batch) {
    return forward(batch, () -> {});
  }

  /**
   * The same, with something brief to do on the calling thread as soon as other threads compute, or at once where there are none.
   *
   * @param meanwhile asks nothing of the model, throws nothing; left undone where the pass is refused
   */
  LogitRows forward(ForwardBatch batch, Runnable meanwhile);

  /**
   * Moves keys and values of tokens between slots of one sequence, pair by pair in ascending order; {@code from[i] >= to[i]}. Used to
   * compact the accepted path of a tree.
   */
  void moveTokens(int[] table, int blocks, int[] from, int[] to, int count);

  @Override
  void close();
}
