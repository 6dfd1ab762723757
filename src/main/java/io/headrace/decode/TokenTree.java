package io.headrace.decode;

import java.util.Arrays;

/**
 * Tokens to test in one pass, as a tree: node 0 is the last token of the sequence, every other node
 * follows its parent, and a parent has a lower number than its children. Siblings carry different
 * tokens.
 *
 * <p>Thread: engine thread; reused by its strategy from step to step.
 */
public final class TokenTree {
  private int[] tokens;
  private int[] parents;
  private int[] depths;
  private int size;

  /** An empty tree with memory for {@code nodes} nodes; grows beyond. */
  public TokenTree(int nodes) {
    tokens = new int[Math.max(1, nodes)];
    parents = new int[tokens.length];
    depths = new int[tokens.length];
  }

  /** Starts again with the root alone. */
  public TokenTree root(int token) {
    size = 0;
    put(token, -1, 0);
    return this;
  }

  /**
   * Adds a node that follows {@code parent}.
   *
   * @return the node's number
   * @throws IllegalArgumentException if there is no such parent or it has a child with this token
   */
  public int add(int parent, int token) {
    if (parent < 0 || parent >= size) {
      throw new IllegalArgumentException(
          "node %d of %d cannot be a parent".formatted(parent, size));
    }
    if (child(parent, token) >= 0) {
      throw new IllegalArgumentException(
          "node %d has a child with token %d already".formatted(parent, token));
    }
    return put(token, parent, depths[parent] + 1);
  }

  /** Nodes, root included; 0 before the first {@link #root}. */
  public int size() {
    return size;
  }

  public int token(int node) {
    return tokens[node];
  }

  /** The parent of a node; -1 for the root. */
  public int parent(int node) {
    return parents[node];
  }

  /** Steps from the root; 0 for the root. */
  public int depth(int node) {
    return depths[node];
  }

  /** The child of {@code parent} with this token, or -1. */
  public int child(int parent, int token) {
    for (int node = parent + 1; node < size; node++) {
      if (parents[node] == parent && tokens[node] == token) return node;
    }
    return -1;
  }

  /** The live array of tokens by node, the first {@link #size()} valid. */
  public int[] tokens() {
    return tokens;
  }

  /** The live array of parents by node, the first {@link #size()} valid. */
  public int[] parents() {
    return parents;
  }

  private int put(int token, int parent, int depth) {
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, size * 2);
      parents = Arrays.copyOf(parents, size * 2);
      depths = Arrays.copyOf(depths, size * 2);
    }
    tokens[size] = token;
    parents[size] = parent;
    depths[size] = depth;
    return size++;
  }
}
