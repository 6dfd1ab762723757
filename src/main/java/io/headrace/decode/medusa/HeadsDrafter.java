package io.headrace.decode.medusa;

import io.headrace.decode.DraftPolicy;
import io.headrace.decode.Drafter;
import io.headrace.decode.Offer;
import io.headrace.decode.SequenceView;
import io.headrace.decode.StepTerms;
import io.headrace.decode.TokenTree;
import io.headrace.generation.Strategy;
import io.headrace.model.LikelyColumns;
import io.headrace.model.LogitRows;

/**
 * Drafts trees of the heads' guesses, grown by their own probabilities: head after head is run on the likeliest guesses of the one before it,
 * as long as another head is expected to pay for its time.
 *
 * <p>Heads are run where what they usually offer would pay on the terms of the step. Where they rest though better offers would pay, they are
 * tried now and then.
 *
 * <p>Thread: engine thread; one per sequence.
 */
public final class HeadsDrafter implements Drafter {
  /** Steps at rest after which heads are tried again. */
  private static final int REST = 24;

  /** Weight of the newest offer. */
  private static final double FRESH = 1 / 8.0;

  /** Hopes of the nodes of a good offer, the likeliest first, and what is expected before any was made: about a small chat model's on school questions. */
  private static final double[] GOOD = {0.65, 0.4, 0.3, 0.2, 0.15, 0.12, 0.1, 0.08};

  /** Heads that are run for a good offer. */
  private static final double GOOD_RUNS = 2.5;

  /** Share of further guesses that a next head is hoped to get right; a guess, the trained heads do about as well. */
  private static final double NEXT_HIT = 0.4;

  private final SharedHeads heads;
  private final boolean always;
  private final int mostDrafted;
  private final GuessTree guesses;
  private final float[] state;
  private final int[] parents;
  private final int[] tokens;
  private final int[] rowOf;
  private boolean begun;
  private int offeredAt = -1;
  private final double[] usual = GOOD.clone();
  private final Offer expected = new Offer();
  private final OwnTrust own = new OwnTrust();
  private double usualRuns = GOOD_RUNS;
  private int rested;

  /**
   * @param always whether heads are run at every step, whatever they gain
   * @param mostDrafted nodes of a draft at most
   */
  public HeadsDrafter(SharedHeads heads, boolean always, int mostDrafted) {
    this.heads = heads;
    this.always = always;
    this.mostDrafted = mostDrafted;
    int most = SharedHeads.RANKS * (1 + heads.mostRows() * (heads.count() - 1));
    guesses = new GuessTree(most);
    state = new float[heads.hidden()];
    parents = new int[heads.mostRows()];
    tokens = new int[heads.mostRows()];
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
    rows.copyState(row, state);
    begun = true;
  }

  @Override
  public void offer(SequenceView sequence, StepTerms terms, int most, double best, Offer offer) {
    learn(sequence);
    if (!begun || resting(terms, best)) return;
    guesses.clear();
    int runs = grow(sequence.token(sequence.size() - 1), Math.min(terms.maxDepth(), heads.count()), terms);
    guesses.offer(most, offer);
    offeredAt = sequence.size();
    usualRuns += FRESH * (runs - usualRuns);
    for (int i = 0; i < usual.length; i++) usual[i] += FRESH * ((i < offer.size() ? offer.hope(i) : 0) - usual[i]);
    // The offer has no price: it has been paid, and what is drafted of the offer does not change it.
    begun = false; // of this position; the next pass brings another
  }

  /** Whether the heads' time is better saved. */
  private boolean resting(StepTerms terms, double best) {
    if (always || pays(usual, usualRuns, terms, best)) {
      rested = 0;
      return false;
    }
    if (++rested < REST || !pays(GOOD, GOOD_RUNS, terms, best)) return true;
    rested = 0;
    return false;
  }

  private boolean pays(double[] hopes, double runs, StepTerms terms, double best) {
    expected.clear().price(runs * heads.nanos(), 0);
    for (double hope : hopes) {
      if (expected.size() < terms.maxNodes() - 1) expected.add(hope);
    }
    return DraftPolicy.most(expected, terms) > Math.max(1, best);
  }

  /** Runs heads and collects their guesses; returns how many were run. */
  private int grow(int root, int depth, StepTerms terms) {
    heads.begin(0, state);
    parents[0] = GuessTree.ROOT;
    tokens[0] = root;
    int rows = 1;
    int head = 0;
    while (true) {
      int first = guesses.size();
      collect(head, rows);
      head++;
      if (head == depth) return head;
      rows = frontier(first, terms);
      if (rows == 0) return head;
    }
  }

  /** Guesses of head {@code head} below each of the rows' guesses. */
  private void collect(int head, int rows) {
    int run = heads.chained() ? rows : 1;
    LogitRows logits = heads.run(head, tokens, run);
    for (int row = 0; row < rows; row++) {
      if (row < run) heads.read(logits, row);
      LikelyColumns likely = heads.likely();
      for (int rank = 0; rank < likely.found(); rank++) {
        rowOf[guesses.size()] = row;
        double trusted = heads.trust(head, likely.probability(rank));
        guesses.add(parents[row], heads.token(likely.column(rank)), trusted, own.of(trusted));
      }
    }
  }

  /**
   * Chooses the guesses from {@code first} on that the next head goes on from, and readies its rows; none where that is not expected to pay.
   */
  private int frontier(int first, StepTerms terms) {
    int rows = 0;
    double hope = 0;
    int end = guesses.size();
    for (int guess = first; guess < end; guess++) {
      int at = rows;
      while (at > 0 && guesses.hope(parents[at - 1]) < guesses.hope(guess)) at--;
      if (at == parents.length) continue;
      int moved = Math.min(rows, parents.length - 1) - at;
      System.arraycopy(parents, at, parents, at + 1, moved);
      parents[at] = guess;
      rows = Math.min(rows + 1, parents.length);
    }
    for (int row = 0; row < rows; row++) hope += guesses.hope(parents[row]);
    double time = terms.nanos();
    if (!Double.isNaN(time) && hope * NEXT_HIT < heads.nanos() / time) return 0;
    for (int row = 0; row < rows; row++) tokens[row] = guesses.token(parents[row]);
    if (heads.chained()) {
      for (int row = 0; row < rows; row++) heads.follow(row, rowOf[parents[row]]);
    } else {
      heads.begin(0, state);
    }
    return rows;
  }

  @Override
  public void draft(SequenceView sequence, int nodes, TokenTree tree) {
    guesses.draft(nodes, tree);
  }

  /** Compares what was guessed, drafted or not, with what was committed since. */
  private void learn(SequenceView sequence) {
    if (offeredAt < 0 || offeredAt >= sequence.size()) return;
    int above = GuessTree.ROOT;
    for (int at = offeredAt; at < sequence.size(); at++) {
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
    offeredAt = -1;
  }

  @Override
  public void rebase(int committedTokens) {
    begun = false;
    offeredAt = -1;
  }
}
