package io.headrace.schedule;

/**
 * One sequence as the policy sees it. The engine keeps one per running sequence and {@link #set}s it
 * for every step, so that planning allocates nothing.
 *
 * <p>Thread: engine thread.
 */
public final class Candidate {
  private Phase phase = Phase.PREFILL;
  private int wantedTokens;
  private int pendingTokens;
  private int computedTokens;
  private int heldBlocks;
  private int idleBlocks;
  private boolean everyRow;
  private boolean deferred;

  /** To be {@link #set}. */
  public Candidate() {}

  /** As {@link #set}. */
  public Candidate(
      Phase phase,
      int wantedTokens,
      int pendingTokens,
      int computedTokens,
      int heldBlocks,
      int idleBlocks,
      boolean everyRow) {
    set(phase, wantedTokens, pendingTokens, computedTokens, heldBlocks, idleBlocks, everyRow);
  }

  /**
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
   */
  public Candidate set(
      Phase phase,
      int wantedTokens,
      int pendingTokens,
      int computedTokens,
      int heldBlocks,
      int idleBlocks,
      boolean everyRow) {
    this.phase = phase;
    this.wantedTokens = wantedTokens;
    this.pendingTokens = pendingTokens;
    this.computedTokens = computedTokens;
    this.heldBlocks = heldBlocks;
    this.idleBlocks = idleBlocks;
    this.everyRow = everyRow;
    deferred = false;
    return this;
  }

  /** Marks one that waits as better admitted later: what it needs is being computed for another. */
  public Candidate defer() {
    deferred = true;
    return this;
  }

  public Phase phase() {
    return phase;
  }

  public int wantedTokens() {
    return wantedTokens;
  }

  public int pendingTokens() {
    return pendingTokens;
  }

  public int computedTokens() {
    return computedTokens;
  }

  public int heldBlocks() {
    return heldBlocks;
  }

  public int idleBlocks() {
    return idleBlocks;
  }

  public boolean everyRow() {
    return everyRow;
  }

  public boolean deferred() {
    return deferred;
  }

  /** Rows of logits that a grant of {@code tokens} needs. */
  int logitRows(int tokens) {
    if (tokens == 0) return 0;
    if (phase == Phase.DECODE || everyRow) return tokens;
    return tokens >= pendingTokens ? 1 : 0;
  }
}
