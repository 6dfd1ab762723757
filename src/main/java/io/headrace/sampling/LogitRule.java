package io.headrace.sampling;

/**
 * Changes a row of logits before a token is chosen from it: row in, row out.
 *
 * <p><b>Shapes.</b> {@code row} is float32 {@code [vocabulary]}; finite or, where an earlier rule
 * banned a token, negative infinity. A rule keeps it so. Token ids at or above {@code vocabulary}
 * are skipped.
 *
 * <p><b>Thread.</b> Engine thread; no state of its own, no allocation.
 */
interface LogitRule {
  void apply(float[] row, int vocabulary, TokenHistory history);
}
