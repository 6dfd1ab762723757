package io.headrace.sampling;

/**
 * Changes the logits of some tokens before one is chosen.
 *
 * <p><b>Shapes.</b> Logits are finite or, where an earlier rule banned a token, negative infinity. A
 * rule keeps it so. Token ids at or above the row's vocabulary are skipped.
 *
 * <p><b>Thread.</b> Engine thread; no state of its own, no allocation.
 */
interface LogitRule {
  void apply(SpannedRow row, TokenHistory history);
}
