package io.headrace.decode;

import io.headrace.generation.Strategy;

/**
 * Guesses what follows a sequence. A drafter only guesses: what is drafted is decided by a {@link DraftPolicy}, what is accepted by the
 * target model's own choice.
 *
 * <p>First it {@link #offer}s, which must be cheap; then it may be asked to {@link #draft} the first nodes of that offer, for the same
 * step. How its guesses fare it sees from the tokens that were committed since.
 *
 * <p><b>Errors.</b> Having no guess is an empty offer. What is thrown fails this sequence only.
 *
 * <p><b>Thread.</b> Engine thread; one instance per sequence. No allocation per token after warm-up.
 */
public interface Drafter {
  /** Its name in records. */
  Strategy strategy();

  /** Nodes it ever drafts at most, at least 1. */
  int mostDrafted();

  /**
   * Says what it could draft now.
   *
   * @param most nodes at most, at least 1
   * @param maxDepth steps below the root at most, at least 1
   * @param offer empty; to be filled
   */
  void offer(SequenceView sequence, int most, int maxDepth, Offer offer);

  /**
   * Adds the first {@code nodes} of what it offered last to {@code tree}, which holds the root alone; fewer where it finds reason to stop.
   */
  void draft(SequenceView sequence, int nodes, TokenTree tree);

  /** Forgets everything past {@code committedTokens}. */
  void rebase(int committedTokens);
}
