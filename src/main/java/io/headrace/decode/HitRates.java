package io.headrace.decode;

import java.util.Arrays;

/**
 * How often guesses of several kinds came true lately, as probabilities. A kind of which little was seen keeps near its prior.
 *
 * <p>Thread: engine thread.
 */
final class HitRates {
  /** A guess weighs half as much after so many more of its kind: about 23. */
  private static final double KEEP = 0.97;

  /** Guesses that a prior stands for. */
  private static final double PRIOR_WEIGHT = 4;

  private final double[] hits;
  private final double[] trials;

  /** One kind per entry: how likely a guess is to come true before any was seen. */
  HitRates(double... priors) {
    hits = new double[priors.length];
    trials = new double[priors.length];
    Arrays.fill(trials, PRIOR_WEIGHT);
    for (int kind = 0; kind < priors.length; kind++) hits[kind] = priors[kind] * PRIOR_WEIGHT;
  }

  double rate(int kind) {
    return hits[kind] / trials[kind];
  }

  void saw(int kind, boolean hit) {
    hits[kind] = hits[kind] * KEEP + (hit ? 1 : 0);
    trials[kind] = trials[kind] * KEEP + 1;
  }
}
