package io.headrace.model;

import io.headrace.tensor.QuantFormat;
import io.headrace.weights.TensorInfo;

/**
 * How the matrices of a drafter are kept. A drafter reads all of them for every guess, so what they weigh is most of what a guess costs;
 * how it is rounded decides how many tokens a pass yields, never which.
 */
public enum DraftRounding {
  /** As they come. */
  NONE,

  /** A head's own matrices in a byte a weight, the rows of the output matrix that it scores in five bits. */
  COMPACT;

  /** The format of a head's own matrix. */
  QuantFormat ofBlock(TensorInfo matrix) {
    return smaller(matrix, QuantFormat.Q8_0);
  }

  /** The format of the output matrix's rows. */
  QuantFormat ofScores(TensorInfo output) {
    return smaller(output, QuantFormat.Q4_1);
  }

  private QuantFormat smaller(TensorInfo matrix, QuantFormat compact) {
    if (this == NONE || matrix.columns() % compact.blockWeights() != 0) return matrix.format();
    return bits(matrix.format()) > bits(compact) ? compact : matrix.format();
  }

  /** Of a weight. */
  private static double bits(QuantFormat format) {
    return 8.0 * format.blockBytes() / format.blockWeights();
  }
}
