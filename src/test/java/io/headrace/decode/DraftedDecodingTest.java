package io.headrace.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.generation.Strategy;
import org.junit.jupiter.api.Test;

final class DraftedDecodingTest {
  private final Text text = new Text(1, 2, 3);

  /** Offers a chain whose every token is accepted with one probability. */
  private record Guess(Strategy strategy, double alpha, int mostDrafted, double nanos) implements Drafter {
    @Override
    public void offer(SequenceView sequence, StepTerms terms, int most, Offer offer) {
      double hope = 1;
      for (int i = 0; i < Math.min(most, terms.maxDepth()); i++) offer.add(hope *= alpha);
      offer.price(0, nanos);
    }

    @Override
    public void draft(SequenceView sequence, int nodes, TokenTree tree) {
      for (int i = 0; i < nodes; i++) tree.add(i, strategy.ordinal());
    }

    @Override
    public void rebase(int committedTokens) {}
  }

  @Test
  void bordersOfTheStepAreKept() {
    DraftedDecoding drafted = drafted(new Guess(Strategy.NGRAM, 0.99, 12, 0));
    assertEquals(13, drafted.mostNodes());
    assertEquals(13, drafted.propose(text, FixedTerms.of(64, 0)).size());
    assertEquals(5, drafted.propose(text, FixedTerms.of(5, 0)).size());
    assertEquals(3, drafted.propose(text, FixedTerms.of(64, 0).reaching(2)).size());
    assertEquals(1, drafted.propose(text, FixedTerms.of(64, 0).reaching(0)).size());
    assertEquals(Strategy.PLAIN, drafted.proposer());
    assertEquals(1, drafted.propose(text, FixedTerms.of(1, 0)).size());
  }

  @Test
  void whatDoesNotPayIsTriedNowAndThen() {
    DraftedDecoding drafted = drafted(new Guess(Strategy.NGRAM, 0.2, 8, 0));
    int tried = 0;
    for (int step = 0; step < 10 * DraftedDecoding.PROBE_AFTER; step++) {
      TokenTree tree = drafted.propose(text, FixedTerms.of(16, 0.5));
      assertTrue(tree.size() <= 2);
      if (tree.size() == 2) tried++;
    }
    assertEquals(10, tried);
  }

  @Test
  void whoseDraftsDoNotSeemWorthMakingIsAskedToNowAndThen() {
    Guess guess = new Guess(Strategy.SPECDEC, 0.9, 8, 0);
    DraftedDecoding drafted =
        drafted(
            new Drafter() {
              @Override
              public Strategy strategy() {
                return guess.strategy();
              }

              @Override
              public int mostDrafted() {
                return guess.mostDrafted();
              }

              @Override
              public void offer(SequenceView sequence, StepTerms terms, int most, Offer offer) {}

              @Override
              public void insist(SequenceView sequence, StepTerms terms, int most, Offer offer) {
                guess.offer(sequence, terms, 1, offer);
              }

              @Override
              public void draft(SequenceView sequence, int nodes, TokenTree tree) {
                guess.draft(sequence, nodes, tree);
              }

              @Override
              public void rebase(int committedTokens) {}
            });
    int tried = 0;
    for (int step = 0; step < 10 * DraftedDecoding.PROBE_AFTER; step++) {
      if (drafted.propose(text, FixedTerms.of(16, 5)).size() > 1) tried++;
    }
    assertEquals(10, tried);
  }

  @Test
  void trialsAreRarerWhereOthersWaitForThem() {
    DraftedDecoding drafted = drafted(new Guess(Strategy.NGRAM, 0.2, 8, 0));
    int tried = 0;
    for (int step = 0; step < 80 * DraftedDecoding.PROBE_AFTER; step++) {
      if (drafted.propose(text, FixedTerms.of(16, 0.5).among(8)).size() > 1) tried++;
    }
    assertEquals(10, tried);
  }

  private static DraftedDecoding drafted(Drafter drafter) {
    return new DraftedDecoding(drafter, DraftPolicy.Paying.DEFAULT, 63);
  }
}
