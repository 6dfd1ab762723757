package io.headrace.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Laws of the pure part: how much is drafted on which terms. */
final class DraftPolicyTest {
  private static final DraftPolicy PAYING = DraftPolicy.Paying.DEFAULT;

  @Test
  void itTakesWhatIsWorthMostAndNothingThatIsNot() {
    var random = new SplittableRandom(1);
    for (int round = 0; round < 2_000; round++) {
      Offer offer = chain(random.nextDouble(), 1 + random.nextInt(15));
      offer.price(random.nextInt(2) * 1e5 * random.nextDouble(), random.nextInt(2) * 1e5 * random.nextDouble());
      FixedTerms terms = FixedTerms.of(16, 0.3 * random.nextDouble()).among(1 + random.nextInt(8));
      int taken = PAYING.nodes(offer, terms);
      double worth = DraftPolicy.worth(offer, taken, terms);
      for (int nodes = 0; nodes <= offer.size(); nodes++) {
        double other = DraftPolicy.worth(offer, nodes, terms);
        if (taken > 0) assertTrue(worth >= other, "%d nodes were worth %f, %d are worth %f".formatted(taken, worth, nodes, other));
        else assertTrue(other <= 1.02 + 1e-12);
      }
      assertTrue(taken == 0 || worth > 1.02);
    }
  }

  @Test
  void theFigureIsThatOfTheChainModel() {
    // E(0.6, 3) = 2.176 tokens a pass, rows at 8 % each.
    assertEquals(2.176 / 1.24, DraftPolicy.worth(chain(0.6, 3), 3, FixedTerms.of(16, 0.08)), 1e-9);
    // The best lengths of the same model.
    assertEquals(1, PAYING.nodes(chain(0.3, 15), FixedTerms.of(16, 0.08)));
    assertEquals(3, PAYING.nodes(chain(0.6, 15), FixedTerms.of(16, 0.08)));
    assertEquals(6, PAYING.nodes(chain(0.8, 15), FixedTerms.of(16, 0.08)));
    assertEquals(3, PAYING.nodes(chain(0.8, 15), FixedTerms.of(16, 0.25)));
  }

  @Test
  void nothingIsDraftedWhereRowsCostWhatTheyAre() {
    for (double alpha = 0; alpha < 1; alpha += 0.1) assertEquals(0, PAYING.nodes(chain(alpha, 15), FixedTerms.of(16, 1)));
    assertEquals(0, PAYING.nodes(new Offer(), FixedTerms.of(16, 0)));
    assertEquals(0, PAYING.nodes(chain(0, 15), FixedTerms.of(16, 0)));
  }

  @Test
  void dearerRowsLessHopeAndMoreCompanyNeverDraftMore() {
    int before = 99;
    for (double perRow = 0; perRow <= 1; perRow += 0.05) {
      int nodes = PAYING.nodes(chain(0.7, 15), FixedTerms.of(16, perRow));
      assertTrue(nodes <= before, "at " + perRow);
      before = nodes;
    }
    before = 0;
    for (double alpha = 0; alpha < 1; alpha += 0.05) {
      int nodes = PAYING.nodes(chain(alpha, 15), FixedTerms.of(16, 0.1));
      assertTrue(nodes >= before, "at " + alpha);
      before = nodes;
    }
    before = 99;
    for (int decoding = 1; decoding <= 64; decoding++) {
      int nodes = PAYING.nodes(chain(0.8, 15), FixedTerms.of(16, 0.05).among(decoding));
      assertTrue(nodes <= before, "among " + decoding);
      before = nodes;
    }
    assertEquals(0, before);
  }

  @Test
  void aPriceIsWeighedAndWaitsUntilTheStepsTimeIsKnown() {
    FixedTerms terms = FixedTerms.of(16, 0.05);
    Offer dear = chain(0.6, 4);
    dear.price(0, 2e6); // twice a step for every node
    assertEquals(0, PAYING.nodes(dear, terms));
    dear.price(0, 1e4);
    assertTrue(PAYING.nodes(dear, terms) > 0);
    assertEquals(0, PAYING.nodes(dear, terms.taking(Double.NaN)));
    assertTrue(PAYING.nodes(chain(0.6, 4), terms.taking(Double.NaN)) > 0, "what is free needs no measurement");
  }

  @Test
  void hopeDraftsAtLeastOneAndStopsWhereItEnds() {
    DraftPolicy hopeful = new DraftPolicy.Hopeful(0.2);
    FixedTerms terms = FixedTerms.of(16, 1);
    assertEquals(0, hopeful.nodes(new Offer(), terms));
    assertEquals(1, hopeful.nodes(chain(0.01, 9), terms));
    assertEquals(3, hopeful.nodes(chain(0.6, 9), terms)); // 0.6, 0.36, 0.216, 0.1296
    assertEquals(9, hopeful.nodes(chain(0.95, 9), terms));
  }

  @Test
  void bordersThatMakeNoSenseAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new DraftPolicy.Paying(-1));
    assertThrows(IllegalArgumentException.class, () -> new DraftPolicy.Paying(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> new DraftPolicy.Hopeful(1.1));
  }

  private static Offer chain(double alpha, int nodes) {
    var offer = new Offer();
    double hope = 1;
    for (int i = 0; i < nodes; i++) offer.add(hope *= alpha);
    return offer;
  }
}
