package io.headrace.decode.medusa;

import io.headrace.decode.Offer;
import io.headrace.decode.TokenTree;
import java.util.Arrays;

/**
 * Guesses of one step, each below another or below the certain token, with the probability of its whole path.
 *
 * <p>Thread: engine thread; reused from step to step.
 */
final class GuessTree {
  /** Above a guess: nothing but the certain token. */
  static final int ROOT = -1;

  private final int[] tokens;
  private final int[] above;
  private final int[] depths;
  private final double[] said;
  private final double[] hopes;
  private final int[] order;
  private final int[] nodes;
  private int size;

  /** Room for {@code most} guesses. */
  GuessTree(int most) {
    tokens = new int[most];
    above = new int[most];
    depths = new int[most];
    said = new double[most];
    hopes = new double[most];
    order = new int[most];
    nodes = new int[most];
  }

  void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  int token(int guess) {
    return tokens[guess];
  }

  int above(int guess) {
    return above[guess];
  }

  /** Guesses above it: that of the head that gave it. */
  int depth(int guess) {
    return depths[guess];
  }

  /** What was said of it below the guess above it. */
  double said(int guess) {
    return said[guess];
  }

  /** The probability that it and all above it are right. */
  double hope(int guess) {
    return hopes[guess];
  }

  /**
   * Adds a guess below {@code parent} or {@link #ROOT}; without room nothing happens.
   *
   * @param says a probability, for who asks for it later
   * @param probability that it is right if the one above it is
   */
  void add(int parent, int token, double says, double probability) {
    if (size == tokens.length) return;
    tokens[size] = token;
    above[size] = parent;
    depths[size] = parent == ROOT ? 0 : depths[parent] + 1;
    said[size] = says;
    hopes[size] = probability * (parent == ROOT ? 1 : hopes[parent]);
    size++;
  }

  /** Offers the {@code most} likeliest, best first: none before the one above it, for no path is likelier than its beginning. */
  void offer(int most, Offer offer) {
    for (int i = 0; i < size; i++) {
      int at = i;
      while (at > 0 && hopes[order[at - 1]] < hopes[i]) {
        order[at] = order[at - 1];
        at--;
      }
      order[at] = i;
    }
    for (int i = 0; i < Math.min(most, size); i++) offer.add(hopes[order[i]]);
  }

  /** Adds the first {@code count} of what was offered to a tree that holds the root alone. */
  void draft(int count, TokenTree tree) {
    Arrays.fill(nodes, 0, size, ROOT);
    for (int i = 0; i < count; i++) {
      int guess = order[i];
      nodes[guess] = tree.add(above[guess] == ROOT ? 0 : nodes[above[guess]], tokens[guess]);
    }
  }
}
