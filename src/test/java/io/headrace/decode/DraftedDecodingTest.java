package io.headrace.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.generation.Strategy;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DraftedDecodingTest {
  private final Text text = new Text(1, 2, 3);

  /** Offers a chain whose every token is accepted with one probability. */
  private record Guess(Strategy strategy, double alpha, int mostDrafted, double nanos) implements Drafter {
    @Override
    public void offer(SequenceView sequence, StepTerms terms, int most, double best, Offer offer) {
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
  void theDrafterThatPromisesMostIsAsked() {
    var poor = new Guess(Strategy.NGRAM, 0.3, 8, 0);
    var good = new Guess(Strategy.MEDUSA, 0.7, 8, 0);
    var dear = new Guess(Strategy.SPECDEC, 0.9, 8, 9e5);
    DraftedDecoding auto = auto(poor, good, dear);
    TokenTree tree = auto.propose(text, FixedTerms.of(16, 0.1));
    assertEquals(Strategy.MEDUSA, auto.proposer());
    assertEquals(Strategy.MEDUSA.ordinal(), tree.token(1));
    assertEquals(3, tree.token(0));
    auto.propose(text, FixedTerms.of(16, 0.1).taking(1e9)); // drafting is nothing beside such a step
    assertEquals(Strategy.SPECDEC, auto.proposer());
  }

  @Test
  void bordersOfTheStepAreKept() {
    DraftedDecoding auto = auto(new Guess(Strategy.NGRAM, 0.99, 12, 0));
    assertEquals(13, auto.mostNodes());
    assertEquals(13, auto.propose(text, FixedTerms.of(64, 0)).size());
    assertEquals(5, auto.propose(text, FixedTerms.of(5, 0)).size());
    assertEquals(3, auto.propose(text, FixedTerms.of(64, 0).reaching(2)).size());
    assertEquals(1, auto.propose(text, FixedTerms.of(64, 0).reaching(0)).size());
    assertEquals(Strategy.PLAIN, auto.proposer());
    assertEquals(1, auto.propose(text, FixedTerms.of(1, 0)).size());
  }

  @Test
  void whatDoesNotPayIsTriedNowAndThen() {
    DraftedDecoding auto = auto(new Guess(Strategy.NGRAM, 0.2, 8, 0));
    int tried = 0;
    for (int step = 0; step < 10 * DraftedDecoding.PROBE_AFTER; step++) {
      TokenTree tree = auto.propose(text, FixedTerms.of(16, 0.5));
      assertTrue(tree.size() <= 2);
      if (tree.size() == 2) tried++;
    }
    assertEquals(10, tried);
  }

  @Test
  void trialsAreRarerWhereOthersWaitForThem() {
    DraftedDecoding auto = auto(new Guess(Strategy.NGRAM, 0.2, 8, 0));
    int tried = 0;
    for (int step = 0; step < 80 * DraftedDecoding.PROBE_AFTER; step++) {
      if (auto.propose(text, FixedTerms.of(16, 0.5).among(8)).size() > 1) tried++;
    }
    assertEquals(10, tried);
  }

  @Test
  void draftingNeedsADrafter() {
    assertThrows(IllegalArgumentException.class, () -> auto());
  }

  private static DraftedDecoding auto(Drafter... drafters) {
    return new DraftedDecoding(List.of(drafters), DraftPolicy.Paying.DEFAULT, 63);
  }
}
