package io.headrace.sampling;

/**
 * Drops tokens whose probability is below a share of the largest. {@code share} in (0, 1).
 *
 * @see <a href="https://arxiv.org/abs/2407.01082">Min-p sampling</a>
 */
record MinP(float share) {
  /** The logit below which tokens are dropped, so that nothing need be weighed first. */
  float floor(float largest, float temperature) {
    return (float) (largest + temperature * StrictMath.log(share));
  }
}
