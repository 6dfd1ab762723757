package io.headrace.sampling;

/**
 * Random numbers that belong to positions: the number for output token {@code position} depends on
 * the seed and the position alone. So a draw is the same whether the token came from a plain step,
 * a batch, a verified draft or a second computation after preemption. Any thread.
 *
 * @see <a href="https://doi.org/10.1145/2660193.2660195">SplitMix64, its finaliser and
 *     constants</a>
 */
final class PositionRandom {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private PositionRandom() {}

  /** Uniform in [0, 1), a multiple of 2^-53. {@code position} counts output tokens from 0. */
  static double at(long seed, int position) {
    // Mixing the seed first keeps the streams of seeds 1, 2, 3 … from being shifts of one another.
    long bits = mix(mix(seed) + GOLDEN * (position + 1L));
    return (bits >>> 11) * 0x1p-53;
  }

  private static long mix(long z) {
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }
}
