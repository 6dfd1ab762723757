package io.headrace.decode;

/**
 * How much of an offer to draft. Pure: equal offers and terms, equal answer. No answer changes the output, only the time it takes.
 */
public sealed interface DraftPolicy {
  /** Nodes of {@code offer} to draft, from 0 to all of them. */
  int nodes(Offer offer, StepTerms terms);

  /**
   * What a draft of the first {@code nodes} is worth: tokens per time of the step with it, relative to without; 1 for none.
   *
   * <p>The step yields a token for each of {@code d} sequences in time 1. With drafted nodes of path probabilities {@code h} it is
   * expected to yield {@code d + Σh} in the time by which the pass and the drafting stretch it.
   */
  static double worth(Offer offer, int nodes, StepTerms terms) {
    if (nodes == 0) return 1;
    double hoped = 0;
    for (int i = 0; i < nodes; i++) hoped += offer.hope(i);
    return worth(hoped, offer.nanos(nodes), nodes, terms);
  }

  /** The most that any beginning of an offer is worth; 1 if none is worth more than no draft, less if even that costs something. */
  static double most(Offer offer, StepTerms terms) {
    double most = Double.isNaN(terms.nanos()) ? 1 : 1 / (1 + offer.nanos(1) / terms.nanos());
    double hoped = 0;
    for (int nodes = 1; nodes <= offer.size(); nodes++) {
      hoped += offer.hope(nodes - 1);
      most = Math.max(most, worth(hoped, offer.nanos(nodes), nodes, terms));
    }
    return most;
  }

  private static double worth(double hoped, double draftNanos, int nodes, StepTerms terms) {
    double time = terms.stretch(nodes);
    // Where nothing is known of the step's time a price cannot be weighed; the step without shows it.
    if (draftNanos > 0) time += Double.isNaN(terms.nanos()) ? Double.POSITIVE_INFINITY : draftNanos / terms.nanos();
    return (1 + hoped / terms.decoding()) / time;
  }

  /** All of it. */
  record All() implements DraftPolicy {
    @Override
    public int nodes(Offer offer, StepTerms terms) {
      return offer.size();
    }
  }

  /**
   * What pays: the number of nodes that promises the most tokens per time, none unless that gains {@code margin}.
   *
   * @param margin relative gain below which a draft is not worth its risk, at least 0
   */
  record Paying(double margin) implements DraftPolicy {
    /** A guess: what is expected to gain less is within what the expectation errs by. */
    public static final Paying DEFAULT = new Paying(0.02);

    /** Whatever gains anything: for drafts whose price is paid already. */
    public static final Paying ANY = new Paying(0);

    public Paying {
      if (!(margin >= 0)) throw new IllegalArgumentException("margin must be at least 0, was " + margin);
    }

    @Override
    public int nodes(Offer offer, StepTerms terms) {
      int best = 0;
      double most = 1 + margin;
      double hoped = 0;
      for (int nodes = 1; nodes <= offer.size(); nodes++) {
        hoped += offer.hope(nodes - 1);
        double worth = worth(hoped, offer.nanos(nodes), nodes, terms);
        if (worth <= most) continue;
        best = nodes;
        most = worth;
      }
      return best;
    }
  }

  /**
   * Whatever has a chance, whatever it costs: nodes up to the first that is less likely than {@code leastHope}, and at least one.
   *
   * @param leastHope in [0, 1]
   */
  record Hopeful(double leastHope) implements DraftPolicy {
    /** Where rows are cheap, as they are on few cores up to eight of them, such a node about pays for itself. */
    public static final Hopeful DEFAULT = new Hopeful(0.1);

    public Hopeful {
      if (!(leastHope >= 0 && leastHope <= 1)) throw new IllegalArgumentException("leastHope must be in [0, 1], was " + leastHope);
    }

    @Override
    public int nodes(Offer offer, StepTerms terms) {
      int nodes = Math.min(1, offer.size());
      while (nodes < offer.size() && offer.hope(nodes) >= leastHope) nodes++;
      return nodes;
    }
  }
}
