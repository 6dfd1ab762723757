package io.headrace.train.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** A trained matrix or vector with AdamW's two moments. Thread: the training's. */
final class Parameter {
  private static final float BETA1 = 0.9f;
  private static final float BETA2 = 0.95f;
  private static final float EPSILON = 1e-8f;

  final String name;
  final NDArray value;
  final NDArray first;
  final NDArray second;
  private final boolean decays;

  /** @param decays whether weight decay applies; not to biases */
  Parameter(String name, NDManager manager, float[] initial, Shape shape, boolean decays) {
    this.name = name;
    this.decays = decays;
    value = manager.create(initial, shape);
    first = manager.zeros(shape);
    second = manager.zeros(shape);
    value.setRequiresGradient(true);
  }

  /** Sum of squares of the gradient. */
  double squaredGradient() {
    try (NDArray gradient = value.getGradient(); NDArray square = gradient.square(); NDArray sum = square.sum()) {
      return sum.getFloat();
    }
  }

  /**
   * One step of AdamW (arXiv 1711.05101), outside of any gradient collector; the gradient is zero afterwards.
   *
   * @param step from 1
   * @param scale that the gradient is multiplied by first
   */
  void update(int step, double rate, double decay, double scale) {
    try (NDArray gradient = value.getGradient()) {
      gradient.muli(scale);
      first.muli(BETA1);
      try (NDArray part = gradient.mul(1 - BETA1)) {
        first.addi(part);
      }
      second.muli(BETA2);
      try (NDArray square = gradient.square()) {
        second.addi(square.muli(1 - BETA2));
      }
      if (decays && decay > 0) value.muli(1 - rate * decay);
      double unbiased = Math.sqrt(1 - Math.pow(BETA2, step));
      try (NDArray root = second.sqrt(); NDArray change = first.mul(rate * unbiased / (1 - Math.pow(BETA1, step)))) {
        root.addi(EPSILON * unbiased);
        value.subi(change.divi(root));
      }
      gradient.muli(0);
    }
  }
}
