package io.headrace.schedule;

/**
 * One sequence as the policy sees it.
 *
 * @param phase what it needs next
 * @param wantedTokens tokens it could compute in this step: a chunk of what is left, or the most
 *     tree nodes it may test; at least 1
 * @param pendingTokens tokens known and not computed; the step that computes the last of them
 *     yields output
 * @param computedTokens tokens computed already; for one that waits, those it would find in the
 *     prefix cache
 * @param heldBlocks blocks in its table; for one that waits, those it would find
 * @param idleBlocks of the blocks it would find, those nobody holds; 0 for one that runs
 * @param everyRow whether every row wants logits (the prompt is scored), not just the last
 * @param waitedMicros since it was submitted
 */
public record Candidate(
    Phase phase,
    int wantedTokens,
    int pendingTokens,
    int computedTokens,
    int heldBlocks,
    int idleBlocks,
    boolean everyRow,
    long waitedMicros) {

  /** Rows of logits that a grant of {@code tokens} needs. */
  int logitRows(int tokens) {
    if (tokens == 0) return 0;
    if (phase == Phase.DECODE || everyRow) return tokens;
    return tokens >= pendingTokens ? 1 : 0;
  }
}
