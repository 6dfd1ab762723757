package io.headrace.decode.medusa;

import io.headrace.decode.PricedDrafter;
import io.headrace.decode.Offer;
import io.headrace.decode.SequenceView;
import io.headrace.decode.StepTerms;
import io.headrace.decode.TokenTree;
import io.headrace.generation.Strategy;
import io.headrace.model.LikelyColumns;
import io.headrace.model.LogitRows;

/**
 * Drafts trees of the heads' guesses, grown by their own probabilities together with those of the other sequences of the step: see {@link HeadsRound}.
 *
 * <p>Thread: engine thread; one per sequence.
 */
public final class HeadsDrafter implements PricedDrafter {
  private final SharedHeads heads;
  private final int mostDrafted;
  private final GuessTree guesses;
  private final NewestState newest;
  private final int[] rowOf;
  private final OwnTrust own = new OwnTrust();
  private final UsualOffer usual;
  private float[] state = {};
  private int root;
  private int depth;
  private boolean enlisted;
  private boolean guessed;

  /**
   * @param mostDrafted nodes of a draft at most
   */
  public HeadsDrafter(SharedHeads heads, int mostDrafted) {
    this.heads = heads;
    this.mostDrafted = mostDrafted;
    int most = SharedHeads.RANKS * (1 + heads.mostRows() * (heads.count() - 1));
    guesses = new GuessTree(most);
    newest = new NewestState(heads.hidden());
    usual = new UsualOffer(heads.usual());
    rowOf = new int[most];
  }

  @Override
  public Strategy strategy() {
    return Strategy.MEDUSA;
  }

  @Override
  public int mostDrafted() {
    return mostDrafted;
  }

  @Override
  public void judged(LogitRows rows, int row) {
    newest.judged(rows, row);
  }

  @Override
  public void expect(SequenceView sequence, StepTerms terms, int most, Offer offer) {
    learn(sequence);
    if (newest.known()) usual.offer(most, offer);
  }

  @Override
  public void hope(StepTerms terms, int most, Offer good) {
    UsualOffer.good(most, good);
  }

  @Override
  public double nanos(int sequences) {
    return heads.nanos(sequences);
  }

  @Override
  public void prepare(SequenceView sequence, StepTerms terms) {
    enlist(sequence, terms);
  }

  @Override
  public void enlist(SequenceView sequence, StepTerms terms) {
    learn(sequence);
    enlisted = newest.known();
    if (!enlisted) return;
    state = newest.guess(sequence);
    guesses.clear();
    root = sequence.token(sequence.size() - 1);
    depth = Math.min(terms.maxDepth(), heads.count());
    guessed = false;
    heads.round().enlist(this);
  }

  @Override
  public void offer(SequenceView sequence, StepTerms terms, int most, Offer offer) {
    if (!enlisted) return;
    enlisted = false;
    if (!guessed) heads.round().run(terms);
    guesses.offer(most, offer);
    usual.saw(offer);
    // The offer has no price: it has been paid, and what is drafted of the offer does not change it.
  }

  /** The state to guess from, during {@link HeadsRound#run}. */
  float[] state() {
    return state;
  }

  /** The certain token. */
  int root() {
    return root;
  }

  /** Guesses below one another that could be output. */
  int depth() {
    return depth;
  }

  GuessTree guesses() {
    return guesses;
  }

  /** The row in which a guess was made. */
  int rowOf(int guess) {
    return rowOf[guess];
  }

  /** Takes what a head guesses below {@code above}. */
  void collect(int head, int above, int row, LikelyColumns likely) {
    guessed = true;
    for (int rank = 0; rank < likely.found(); rank++) {
      rowOf[guesses.size()] = row;
      double trusted = heads.trust(head, likely.probability(rank));
      guesses.add(above, heads.token(likely.column(rank)), trusted, own.of(trusted));
    }
  }

  @Override
  public void draft(SequenceView sequence, int nodes, TokenTree tree) {
    guesses.draft(nodes, tree);
  }

  /** Compares what was guessed, drafted or not, with what was committed since. */
  private void learn(SequenceView sequence) {
    int from = newest.came(sequence);
    if (from < 0) return;
    int above = GuessTree.ROOT;
    for (int at = from; at < sequence.size(); at++) {
      int next = GuessTree.ROOT;
      for (int guess = 0; guess < guesses.size(); guess++) {
        if (guesses.above(guess) != above) continue;
        boolean hit = guesses.token(guess) == sequence.token(at);
        heads.saw(guesses.depth(guess), guesses.said(guess), hit);
        own.saw(guesses.said(guess), hit);
        if (hit) next = guess;
      }
      if (next == GuessTree.ROOT) break;
      above = next;
    }
  }

  @Override
  public void rebase(int committedTokens) {
    newest.forget();
    enlisted = false;
  }
}
