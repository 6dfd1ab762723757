package io.headrace.engine;

import io.headrace.decode.TokenTree;

/** Whether a pass may test a tree that a strategy proposed. No state. */
final class ProposalCheck {
  private ProposalCheck() {}

  /**
   * @throws IllegalStateException if the tree has too many nodes or none, does not begin with the sequence's last token, or holds what is no
   *     token
   */
  static void check(TokenTree proposed, int maxNodes, Sequence sequence, int vocabulary) {
    if (proposed.size() < 1 || proposed.size() > maxNodes) {
      throw new IllegalStateException(
          "%d nodes proposed, %d allowed".formatted(proposed.size(), maxNodes));
    }
    if (proposed.token(0) != sequence.token(sequence.size() - 1)) {
      throw new IllegalStateException("the root of the proposed tree is not the last token");
    }
    for (int node = 1; node < proposed.size(); node++) {
      if (proposed.token(node) < 0 || proposed.token(node) >= vocabulary) {
        throw new IllegalStateException(
            "token %d was proposed and is not in the vocabulary".formatted(proposed.token(node)));
      }
    }
  }
}
