package io.headrace.intake.cascade;

import java.util.List;

/**
 * How a model would begin its reply to a question: the most probable first tokens.
 *
 * @param beginnings the most probable ones; empty where the question could not be asked
 */
public record Reply(List<Beginning> beginnings) {
  /** To a question that could not be asked, since it was too long. */
  public static final Reply NONE = new Reply(List.of());

  public Reply {
    beginnings = List.copyOf(beginnings);
  }

  /** One of them: its text and the natural logarithm of its probability. */
  public record Beginning(String text, double logprob) {}

  /** The probability of a label, however it is spaced and cased; 0 where it is not among the most probable. */
  public double of(String label) {
    double sum = 0;
    for (Beginning one : beginnings) {
      if (one.text().strip().equalsIgnoreCase(label)) sum += StrictMath.exp(one.logprob());
    }
    return sum;
  }
}
