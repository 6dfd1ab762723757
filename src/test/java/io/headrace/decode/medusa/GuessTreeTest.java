package io.headrace.decode.medusa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.Offer;
import io.headrace.decode.TokenTree;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class GuessTreeTest {
  @Test
  void anyBeginningOfAnOfferIsATreeOfTheLikeliestPaths() {
    SplittableRandom random = new SplittableRandom(9);
    GuessTree guesses = new GuessTree(40);
    TokenTree tree = new TokenTree(1);
    for (int round = 0; round < 300; round++) {
      guesses.clear();
      int size = random.nextInt(45);
      for (int i = 0; i < size; i++) {
        int above = i == 0 ? GuessTree.ROOT : random.nextInt(-1, Math.min(i, guesses.size()));
        double chance = random.nextInt(11) / 10.0;
        guesses.add(above, i, chance, chance);
      }
      assertEquals(Math.min(size, 40), guesses.size());
      Offer offer = new Offer();
      int most = random.nextInt(50);
      guesses.offer(most, offer);
      assertEquals(Math.min(most, guesses.size()), offer.size());
      for (int i = 1; i < offer.size(); i++) assertTrue(offer.hope(i) <= offer.hope(i - 1), "the likeliest first");
      int nodes = random.nextInt(offer.size() + 1);
      guesses.draft(nodes, tree.root(1_000));
      assertEquals(nodes + 1, tree.size());
      for (int node = 1; node < tree.size(); node++) {
        int guess = tree.token(node);
        int above = guesses.above(guess);
        assertEquals(above == GuessTree.ROOT ? 1_000 : above, tree.token(tree.parent(node)));
        assertEquals(offer.hope(node - 1), guesses.hope(guess));
      }
    }
  }
}
