package io.headrace.decode.medusa;

/**
 * How far guesses for one request can be trusted, beside what is known of all: a drawn answer, or one in another language, gets fewer of
 * them right than a greedy one.
 *
 * <p>Thread: engine thread.
 */
public final class OwnTrust {
  /** Old guesses lose so much with every new one: about the last hundred weigh. */
  private static final double KEEP = 0.99;

  /** Right guesses that the word of all others stands for. */
  private static final double BELIEF = 5;

  private double expected;
  private double right;

  /** A probability that holds for all requests, as it holds for this one. */
  public double of(double trusted) {
    return Math.min(1, trusted * (BELIEF + right) / (BELIEF + expected));
  }

  /** A guess that was trusted so much by what is known of all was tested, all above it being right. */
  public void saw(double trusted, boolean hit) {
    expected = expected * KEEP + trusted;
    right = right * KEEP + (hit ? 1 : 0);
  }
}
