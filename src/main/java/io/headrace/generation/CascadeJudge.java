package io.headrace.generation;

import java.util.Locale;

/** What says whether a small model's answer can be relied on, by the name that requests use. A larger score is more reliable. */
public enum CascadeJudge {
  /** Mean log-probability of the answer's tokens, nats. */
  LOGPROB(-0.5),
  /** Minus the mean entropy of what they were chosen from, nats. */
  ENTROPY(-1),
  /** How probable the small model finds it that its answer is right, in [0, 1]. */
  SELF(0.5),
  /** Comparisons with answers of which it is known whether they are right; from minus to plus their number. */
  META(0);

  private final double usualThreshold;
  private final String word = name().toLowerCase(Locale.ROOT);

  CascadeJudge(double usualThreshold) {
    this.usualThreshold = usualThreshold;
  }

  /** The name in requests and records. */
  public String word() {
    return word;
  }

  /** The score that is asked for when nothing is said: a place to start from, not a measured one. */
  public double usualThreshold() {
    return usualThreshold;
  }
}
