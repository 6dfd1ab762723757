package io.headrace.decode;

import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;

/** Ways to turn a pass over a tree into a verdict. Engine thread; no state. */
public final class Acceptance {
  private Acceptance() {}

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
