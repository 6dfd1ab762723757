package io.headrace.decode;

import io.headrace.model.LogitRows;

/**
 * What the models that a strategy asked for answer to the tree it proposed last. Models are numbered: 0 is the target, the others are its
 * companions in the order of the configuration.
 *
 * <p>Thread: engine thread, until the strategy has judged.
 */
public interface ModelRows {
  /** The number of the target. */
  int TARGET = 0;

  /** Models of an engine at most, the target included. */
  int MOST = 8;

  /**
   * The rows of one model, row {@code i} of tree node {@code i}. Who is asked for has had a part in the tokens of this pass, as records
   * show it; a model whose rows are only caught up with is not asked for.
   *
   * @throws IllegalArgumentException if {@link DecodingStrategy#models} did not ask for this model
   */
  LogitRows of(int model);

  /** The entropy of a row as it is, before temperature and adjustments, bits; NaN if the row holds a NaN or an infinity. */
  double entropy(int model, int row);

  /** The mask of one model. */
  static int only(int model) {
    return 1 << model;
  }
}
