package io.headrace.decode;

import io.headrace.generation.DecodingChoice;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;

/** Ways to turn a pass over a tree into a verdict. Engine thread; no state. */
public final class Acceptance {
  /** Children of a node that are looked at; the others are not typical. */
  private static final int MOST_CHILDREN = DecodingChoice.MOST_DRAFTED;

  private Acceptance() {}

  /**
   * Draw and match as below; only where that would end, the likeliest child that is typical of the model, if there is one, is accepted
   * instead of the drawn token.
   *
   * <p>Not the output of plain decoding, unless nothing is typical or tokens are taken greedily. It differs from the published rule, which
   * takes the longest path of typical tokens, in that what is drawn comes first: the output stays nearer to the model's.
   *
   * @param children scratch, {@link DecodingChoice#MOST_DRAFTED} long
   */
  static Verdict typical(TokenTree tree, LogitRows rows, TokenPicker picker, DecodingChoice.Typical typical, int[] children, Verdict verdict) {
    verdict.begin();
    try {
      int node = 0;
      while (true) {
        int token = picker.pick(rows, node);
        int child = tree.child(node, token);
        if (child < 0) {
          int count = children(tree, node, children);
          int best = count == 0 ? -1 : picker.typical(rows, node, children, count, typical.epsilon(), typical.delta());
          if (best < 0) return verdict.finish(token);
          token = children[best];
          child = tree.child(node, token);
        }
        verdict.accept(child);
        picker.follow(token);
        node = child;
      }
    } finally {
      picker.rewind();
    }
  }

  /** Writes the tokens that {@code node} has as children; how many. */
  private static int children(TokenTree tree, int node, int[] tokens) {
    int count = 0;
    for (int child = node + 1; child < tree.size() && count < MOST_CHILDREN; child++) {
      if (tree.parent(child) == node) tokens[count++] = tree.token(child);
    }
    return count;
  }

  /**
   * Draw and match: at every node reached, choose the next token exactly as plain decoding would,
   * with that path's penalties and the random number of that output position. If a child carries
   * it, go there; otherwise it is the final token.
   *
   * <p>Exact for any tree that was built without looking at those random numbers, greedy or
   * sampled: the tokens are those of plain decoding by construction, the tree only decides how many
   * of them one pass yields.
   */
  public static Verdict drawAndMatch(
      TokenTree tree, LogitRows rows, TokenPicker picker, Verdict verdict) {
    verdict.begin();
    try {
      int node = 0;
      while (true) {
        int token = picker.pick(rows, node);
        int child = tree.child(node, token);
        if (child < 0) return verdict.finish(token);
        verdict.accept(child);
        picker.follow(token);
        node = child;
      }
    } finally {
      picker.rewind();
    }
  }
}
