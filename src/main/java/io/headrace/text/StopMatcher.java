package io.headrace.text;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds stop strings in the text of one answer, piece by piece, and keeps back what may still
 * become one.
 *
 * <p>The match that ends first wins; of several that end at the same place, the longest, which
 * begins first. That is the only rule under which the outcome does not depend on how the text was
 * cut into pieces and nothing sent has to be taken back.
 *
 * <p>An automaton (Aho and Corasick 1975) whose state is the longest end of the text that some stop
 * string begins with: exactly that much is kept back. A search costs the length of the text.
 *
 * <p>Thread: one answer, one thread.
 */
public final class StopMatcher {
  /** More stop strings than this are refused. */
  public static final int MOST_STOPS = 64;

  private final boolean includeStop;
  private final Node root = new Node(0);
  private Node state = root;
  private final StringBuilder kept = new StringBuilder();
  private @Nullable String matched;

  private static final class Node {
    final int depth;
    final Map<Character, Node> next = new HashMap<>();

    /** The node of the longest proper end of this node's string; null at the root only. */
    @Nullable Node shorter;

    /** The longest stop string that this node's string ends with. */
    @Nullable String stop;

    Node(int depth) {
      this.depth = depth;
    }
  }

  /**
   * A matcher at the start of an answer.
   *
   * @param stops none, or strings that are not empty and without lone surrogates
   * @param includeStop whether the stop string that was found is part of the answer
   * @throws IllegalArgumentException for a stop string that is empty or ill-formed, or for too many
   */
  public StopMatcher(List<String> stops, boolean includeStop) {
    this.includeStop = includeStop;
    if (stops.size() > MOST_STOPS) {
      throw new IllegalArgumentException(
          "stop has %d strings; at most %d are allowed.".formatted(stops.size(), MOST_STOPS));
    }
    for (int i = 0; i < stops.size(); i++) {
      add(stops.get(i), i);
    }
    link();
  }

  /**
   * The text that may be sent now: all that was kept back and {@code piece}, less what may still
   * become a stop string. After a match nothing more is sent.
   *
   * @param piece text that does not end within a surrogate pair
   */
  public String push(String piece) {
    if (matched != null) {
      return "";
    }
    if (root.next.isEmpty()) {
      return piece;
    }
    for (int i = 0; i < piece.length(); i++) {
      kept.append(piece.charAt(i));
      state = step(state, piece.charAt(i));
      if (state.stop != null) {
        matched = state.stop;
        return release(includeStop ? kept.length() : kept.length() - matched.length());
      }
    }
    return release(kept.length() - state.depth);
  }

  /** What was kept back, now that no more text comes; empty after a match. */
  public String finish() {
    return matched != null ? "" : release(kept.length());
  }

  /** The stop string that was found; null while there is none. */
  public @Nullable String matched() {
    return matched;
  }

  private String release(int length) {
    var text = kept.substring(0, length);
    kept.delete(0, length);
    return text;
  }

  private void add(String stop, int index) {
    if (stop.isEmpty()) {
      throw new IllegalArgumentException(
          "stop[%d] is empty; a stop string needs at least one character.".formatted(index));
    }
    if (!Surrogates.areWhole(stop)) {
      throw new IllegalArgumentException(
          "stop[%d] holds half a surrogate pair, which no text contains.".formatted(index));
    }
    var node = root;
    for (char c : stop.toCharArray()) {
      int depth = node.depth + 1;
      node = node.next.computeIfAbsent(c, unused -> new Node(depth));
    }
    node.stop = stop;
  }

  /** Breadth first, so that a node's shorter ends are finished before it. */
  private void link() {
    var queue = new ArrayDeque<Node>(List.of(root));
    while (!queue.isEmpty()) {
      var node = queue.remove();
      node.next.forEach(
          (c, child) -> {
            child.shorter = node == root ? root : step(shorterOf(node), c);
            if (child.stop == null) {
              child.stop = child.shorter.stop;
            }
            queue.add(child);
          });
    }
  }

  private Node step(Node from, char c) {
    var node = from;
    while (true) {
      var next = node.next.get(c);
      if (next != null) {
        return next;
      }
      if (node == root) {
        return root;
      }
      node = shorterOf(node);
    }
  }

  private Node shorterOf(Node node) {
    return node.shorter == null ? root : node.shorter;
  }
}
