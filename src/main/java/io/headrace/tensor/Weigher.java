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

  /** Nats of a bit. */
  double LN_2 = 0.6931471805599453;

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

  /**
   * The entropy of the softmax of a row, bits; off by less than 1e-6.
   *
   * @param logits float32, {@code entries} of them or more; what is no number counts as the largest
   * @param entries 1 to {@link #MOST}
   * @param largest the largest of them, finite; what is above counts as that
   * @throws KernelFault if an argument is out of its range
   */
  double entropy(MemorySegment logits, int entries, float largest);

  /** Whether {@link #choose} makes choices; where it does not, who wants one makes it of the methods above. */
  default boolean chooses() {
    return false;
  }

  /**
   * Makes choices of tokens, together. What is chosen out of a row depends on nothing but what {@code choices} says of it, and is what the
   * law at the head of {@code hr_choice} says.
   *
   * @throws KernelFault if one of them is refused; none is made then
   * @throws UnsupportedOperationException unless it {@link #chooses}
   */
  default void choose(Choices choices) {
    throw new UnsupportedOperationException("the kernels in Java make no choices");
  }

  /** The entropy, bits, of a row with these sums of weights at inverse 1 and of losses; both as the law has them. */
  static double entropy(long mass, long loss) {
    return (StrictMath.log(mass / (double) ONE) + (double) loss / mass) / LN_2;
  }

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
