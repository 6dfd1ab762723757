package io.headrace.sampling;

import io.headrace.tensor.KernelFault;

/** Checks that a row of raw logits consists of numbers. Any thread. */
final class FiniteRow {
  private static final int EXPONENT = 0x7F800000;

  private FiniteRow() {}

  /**
   * The largest logit.
   *
   * @throws KernelFault if the row holds a NaN or an infinity
   */
  static float largest(float[] row, int vocabulary) {
    int bad = 0;
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < vocabulary; i++) {
      // All exponent bits set: NaN or infinity. Or-ing keeps the loop free of branches.
      bad |= (Float.floatToRawIntBits(row[i]) & EXPONENT) == EXPONENT ? 1 : 0;
      largest = Math.max(largest, row[i]);
    }
    if (bad != 0) throw fault();
    return largest;
  }

  static KernelFault fault() {
    return new KernelFault("the model computed logits that are no finite numbers");
  }
}
