package io.headrace.decode;

import java.util.Arrays;
import java.util.List;

/**
 * Which nodes of all sequences' offers one step drafts. Pure but for the array it writes.
 *
 * <p>A pass over {@code d} sequences yields {@code d} tokens in time 1; with nodes of path probabilities {@code h} it is expected to yield {@code d + Σh}
 * in {@code stretch(nodes) + price}. What rows cost depends only on how many there are, so of any number of nodes the likeliest are the best, whosever
 * they are; that number is chosen which maximises
 *
 * <pre>
 *   worth(n) = (1 + (h_1 + ... + h_n) / d) / (stretch(n) + price / nanos),   h_1 >= h_2 >= ...
 * </pre>
 *
 * <p>over all {@code n}: rows that pay only together, as those of a further reading of the weights do, are found, and rows that pay for the first
 * sequence that asks but for no other are not taken eight times.
 *
 * @param margin relative gain below which a draft is not worth its risk, at least 0
 */
record JointPolicy(double margin) {
  /** A guess: what is expected to gain less is within what the expectation errs by. */
  static final JointPolicy DEFAULT = new JointPolicy(0.02);

  /** Nodes of a step at most: a pass of more rows has been computing-bound for long. */
  static final int MOST = 96;

  /** Draws up what to take of each offer, none unless that gains the margin; what it is worth, or 1. */
  double choose(List<Offer> offers, int count, double price, StepTerms terms, int[] taken) {
    int best = most(offers, count, price, terms, 1 + margin, taken);
    return best == 0 ? 1 : worth(offers, count, taken, best, price, terms);
  }

  /** As {@link #choose}, but at least one node if there is any: what is least bad. */
  double least(List<Offer> offers, int count, double price, StepTerms terms, int[] taken) {
    int best = most(offers, count, price, terms, 0, taken);
    return worth(offers, count, taken, best, price, terms);
  }

  /** What a pass is worth whose every guess is right: where that gains nothing, nothing need be looked at. */
  static double limit(int most, StepTerms terms) {
    double limit = 1;
    for (int nodes = 1; nodes <= Math.min(most, MOST); nodes++) {
      limit = Math.max(limit, (1 + (double) nodes / terms.decoding()) / terms.stretch(nodes));
    }
    return limit;
  }

  private static int most(List<Offer> offers, int count, double price, StepTerms terms, double beyond, int[] taken) {
    Arrays.fill(taken, 0, count, 0);
    double fixed = share(price, terms);
    double hoped = 0;
    double most = beyond;
    int best = 0;
    for (int nodes = 1; nodes <= MOST; nodes++) {
      int next = likeliest(offers, count, taken);
      if (next < 0) break;
      hoped += offers.get(next).hope(taken[next]++);
      double worth = (1 + hoped / terms.decoding()) / (terms.stretch(nodes) + fixed);
      if (worth <= most) continue;
      most = worth;
      best = nodes;
    }
    Arrays.fill(taken, 0, count, 0);
    for (int node = 0; node < best; node++) taken[likeliest(offers, count, taken)]++;
    return best;
  }

  private static double worth(List<Offer> offers, int count, int[] taken, int nodes, double price, StepTerms terms) {
    double hoped = 0;
    for (int i = 0; i < count; i++) {
      for (int node = 0; node < taken[i]; node++) hoped += offers.get(i).hope(node);
    }
    return (1 + hoped / terms.decoding()) / (terms.stretch(nodes) + share(price, terms));
  }

  /** Where nothing is known of the step's time a price cannot be weighed; the step without shows it. */
  private static double share(double price, StepTerms terms) {
    if (price <= 0) return 0;
    return Double.isNaN(terms.nanos()) ? Double.POSITIVE_INFINITY : price / terms.nanos();
  }

  private static int likeliest(List<Offer> offers, int count, int[] taken) {
    int likeliest = -1;
    double hope = 0;
    for (int i = 0; i < count; i++) {
      Offer offer = offers.get(i);
      if (taken[i] == offer.size() || offer.hope(taken[i]) <= hope) continue;
      likeliest = i;
      hope = offer.hope(taken[i]);
    }
    return likeliest;
  }
}
