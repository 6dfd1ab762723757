package io.headrace.decode;

import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;

/**
 * Guesses what follows a sequence. A drafter only guesses: what is drafted is decided by a {@link DraftPolicy}, what is accepted by the
 * target model's own choice.
 *
 * <p>First it {@link #offer}s, which must be cheap or be known to pay; then it may be asked to {@link #draft} the first nodes of that offer, for the same
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
   * @param terms of the step; at least one step below the root could still be output
   * @param most nodes at most, at least 1
   * @param offer empty; to be filled
   */
  void offer(SequenceView sequence, StepTerms terms, int most, Offer offer);

  /** The same, of one node at least if it has any, though it may not seem worth its price: what is never tried cannot show that it is. */
  default void insist(SequenceView sequence, StepTerms terms, int most, Offer offer) {
    offer(sequence, terms, most, offer);
  }

  /** A step begins in which it will be asked to {@link #offer}: told to the drafters of all sequences before any is asked. */
  default void prepare(SequenceView sequence, StepTerms terms) {}

  /**
   * Adds the first {@code nodes} of what it offered last to {@code tree}, which holds the root alone; fewer where it finds reason to stop.
   */
  void draft(SequenceView sequence, int nodes, TokenTree tree);

  /**
   * Looks at the pass that was judged last: from row {@code row} the sequence's newest token was chosen. By itself does nothing.
   *
   * @param rows valid during the call
   */
  default void judged(LogitRows rows, int row) {}

  /** Forgets everything past {@code committedTokens}. */
  void rebase(int committedTokens);
}
