package io.headrace.tensor;

import java.lang.foreign.MemorySegment;

/**
 * What each entry of a row weighs in a draw. All implementations give the same bits, see {@code weight} of the arithmetic law at
 * the head of {@code kernels.h}.
 *
 * <p>Thread: one thread at a time.
 */
public interface Weigher {
  /** The weight of the largest logit: 2^40. */
  float ONE = 0x1p40f;

  /** Most entries of a row: their weights fit a long together. */
  int MOST = 1 << 22;

  /**
   * Weighs {@code row.entries()} logits.
   *
   * @param logits float32, as many or more
   * @param largest the largest of them, finite; what is above counts as that
   * @param inverse 1 / temperature, above 0 and finite
   * @param least weights below it count as 0; 0 or above
   * @throws KernelFault if an argument is out of its range
   */
  void weigh(MemorySegment logits, float largest, float inverse, float least, RowWeights row);

  /**
   * Keeps the nucleus of a row: the fewest and heaviest entries that weigh {@code needed} or more together, of equal ones the lower
   * ids.
   *
   * @param row as {@link #weigh} left it
   * @param needed from 1 to the row's total
   * @throws KernelFault if it is not
   */
  void cut(RowWeights row, long needed);

  /** In Java. */
  static Weigher inJava() {
    return new JavaWeigher();
  }

  /** The weight of one entry; arguments as for {@link #weigh}. A whole number. */
  static long weight(float logit, float largest, float inverse) {
    float x = (logit - largest) * inverse;
    return (long) Math.rint(JavaMath.exp(x < 0 ? x : 0f) * ONE);
  }
}
