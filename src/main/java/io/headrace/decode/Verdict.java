package io.headrace.decode;

import java.util.Arrays;

/**
 * What joins a sequence after a pass: the accepted nodes of the tree, a path that begins below the
 * root, and one final token.
 *
 * <p>Thread: engine thread; reused by its strategy from step to step.
 */
public final class Verdict {
  private int[] nodes = new int[8];
  private int accepted;
  private int finalToken = -1;

  /** Starts again with nothing accepted. */
  public Verdict begin() {
    accepted = 0;
    finalToken = -1;
    return this;
  }

  /** Accepts a node, a child of the one accepted before or of the root. */
  public void accept(int node) {
    if (accepted == nodes.length) nodes = Arrays.copyOf(nodes, accepted * 2);
    nodes[accepted++] = node;
  }

  /** Ends the verdict with the token chosen from the row of the last accepted node. */
  public Verdict finish(int token) {
    finalToken = token;
    return this;
  }

  /** Accepted nodes, the root not counted. */
  public int accepted() {
    return accepted;
  }

  /** The {@code i}-th accepted node. */
  public int node(int i) {
    return nodes[i];
  }

  public int finalToken() {
    return finalToken;
  }

  /** The row from which the final token was chosen: that of the last accepted node, of the root if there is none. */
  public int finalRow() {
    return accepted == 0 ? 0 : nodes[accepted - 1];
  }

  /**
   * Checks that this is a verdict on {@code tree}.
   *
   * @throws IllegalStateException if not, with the reason
   */
  public void check(TokenTree tree, int vocabulary) {
    int before = 0;
    for (int i = 0; i < accepted; i++) {
      if (nodes[i] <= 0 || nodes[i] >= tree.size() || tree.parent(nodes[i]) != before) {
        throw new IllegalStateException(
            "accepted node %d does not follow node %d".formatted(nodes[i], before));
      }
      before = nodes[i];
    }
    if (finalToken < 0 || finalToken >= vocabulary) {
      throw new IllegalStateException(
          "the final token %d is not in the vocabulary".formatted(finalToken));
    }
  }
}
