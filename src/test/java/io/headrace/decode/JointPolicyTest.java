package io.headrace.decode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Laws of the pure part: what all sequences of a step draft together. */
final class JointPolicyTest {
  private static final JointPolicy POLICY = JointPolicy.DEFAULT;

  @Test
  void noOtherChoiceIsWorthMore() {
    var random = new SplittableRandom(1);
    for (int round = 0; round < 500; round++) {
      int count = 1 + random.nextInt(3);
      List<Offer> offers = new ArrayList<>();
      for (int i = 0; i < count; i++) offers.add(chain(random.nextDouble(), random.nextInt(4)));
      double[] steps = random.doubles(16, 0, 0.5).toArray();
      FixedTerms terms = FixedTerms.of(16, 0).among(count + random.nextInt(3)).stretching(n -> 1 + sum(steps, n));
      double price = random.nextInt(2) * 2e5 * random.nextDouble();
      int[] taken = new int[count];
      double worth = POLICY.choose(offers, count, price, terms, taken);
      double most = bestOf(offers, 0, new int[count], price, terms);
      if (most > 1 + POLICY.margin() + 1e-12) assertEquals(most, worth, 1e-12);
      else assertEquals(1, worth);
      if (worth > 1) assertEquals(worth, worth(offers, taken, price, terms), 1e-12);
      else assertArrayEquals(new int[count], taken);
    }
  }

  @Test
  void rowsThatPayOnlyTogetherAreTakenTogether() {
    // The ninth row begins another reading of the weights; it costs a quarter, those after it next to nothing.
    FixedTerms terms = FixedTerms.of(16, 0).among(8).stretching(n -> n == 0 ? 1 : 1.25 + 0.01 * n);
    List<Offer> offers = new ArrayList<>();
    for (int i = 0; i < 8; i++) offers.add(chain(0.7, 1));
    int[] taken = new int[8];
    assertTrue(POLICY.choose(offers, 8, 0, terms, taken) > 1.2);
    assertArrayEquals(new int[] {1, 1, 1, 1, 1, 1, 1, 1}, taken);
    assertEquals(1, POLICY.choose(offers, 2, 0, terms, taken));
  }

  @Test
  void aRowThatPaysOnceIsTakenOnceAndByWhoeverHopesMost() {
    FixedTerms terms = FixedTerms.of(16, 0).among(4).stretching(n -> n <= 1 ? 1 : 1 + 0.5 * n);
    List<Offer> offers = List.of(chain(0.6, 3), chain(0.8, 3), chain(0.7, 3), chain(0.5, 3));
    int[] taken = new int[4];
    POLICY.choose(offers, 4, 0, terms, taken);
    assertArrayEquals(new int[] {0, 1, 0, 0}, taken);
  }

  @Test
  void whereEvenRightGuessesGainNothingTheLimitSaysSo() {
    FixedTerms terms = FixedTerms.of(16, 1).among(1);
    assertEquals(1, JointPolicy.limit(64, terms));
    assertTrue(JointPolicy.limit(64, FixedTerms.of(16, 0.1)) > 5);
    assertEquals(1, JointPolicy.limit(0, FixedTerms.of(16, 0.1)));
  }

  @Test
  void aPriceWaitsUntilTheStepsTimeIsKnown() {
    FixedTerms terms = FixedTerms.of(16, 0.05);
    List<Offer> offers = List.of(chain(0.8, 4));
    int[] taken = new int[1];
    assertEquals(1, POLICY.choose(offers, 1, 1e4, terms.taking(Double.NaN), taken));
    assertTrue(POLICY.choose(offers, 1, 1e4, terms, taken) > 1);
    assertEquals(1, POLICY.choose(offers, 1, 5e6, terms, taken));
  }

  private static double bestOf(List<Offer> offers, int from, int[] taken, double price, StepTerms terms) {
    if (from == taken.length) {
      int nodes = 0;
      for (int each : taken) nodes += each;
      return nodes == 0 ? 0 : worth(offers, taken, price, terms);
    }
    double most = 0;
    for (int some = 0; some <= offers.get(from).size(); some++) {
      taken[from] = some;
      most = Math.max(most, bestOf(offers, from + 1, taken, price, terms));
    }
    taken[from] = 0;
    return most;
  }

  private static double worth(List<Offer> offers, int[] taken, double price, StepTerms terms) {
    double hoped = 0;
    int nodes = 0;
    for (int i = 0; i < taken.length; i++) {
      nodes += taken[i];
      for (int node = 0; node < taken[i]; node++) hoped += offers.get(i).hope(node);
    }
    return (1 + hoped / terms.decoding()) / (terms.stretch(nodes) + price / terms.nanos());
  }

  private static double sum(double[] steps, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += steps[i];
    return sum;
  }

  private static Offer chain(double alpha, int nodes) {
    var offer = new Offer();
    double hope = 1;
    for (int i = 0; i < nodes; i++) offer.add(hope *= alpha);
    return offer;
  }
}
