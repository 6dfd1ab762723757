package io.headrace.sampling;

import io.headrace.tensor.Weigher;

/**
 * Drops tokens whose probability is below a share of the largest. {@code share} in (0, 1).
 *
 * @see <a href="https://arxiv.org/abs/2407.01082">Min-p sampling</a>
 */
record MinP(float share) {
  /** The least weight that is kept, at least 1. */
  float least() {
    return Math.max(1, share * Weigher.ONE);
  }
}
