package io.headrace.decode;

import java.util.Arrays;

/**
 * What a drafter could draft for one step: how likely each node is to be accepted, and what drafting takes.
 *
 * <p>Nodes are numbered in the order in which they would be drafted, a parent before its children; any number of the first of them is a
 * draft. Thread: engine thread; reused from step to step.
 */
public final class Offer {
  private double[] hopes = new double[16];
  private int size;
  private double fixedNanos;
  private double nodeNanos;

  /** Starts again with nothing on offer, at no price. */
  public Offer clear() {
    size = 0;
    fixedNanos = 0;
    nodeNanos = 0;
    return this;
  }

  /**
   * Adds the next node.
   *
   * @param hope probability that it and all above it are accepted, in [0, 1]
   */
  public void add(double hope) {
    if (size == hopes.length) hopes = Arrays.copyOf(hopes, size * 2);
    hopes[size++] = hope;
  }

  /** What drafting takes: once, and for every node; nanoseconds. */
  public void price(double fixedNanos, double nodeNanos) {
    this.fixedNanos = fixedNanos;
    this.nodeNanos = nodeNanos;
  }

  /** Where {@code other} is likelier, node for node, or has more, this becomes as likely. */
  Offer raise(Offer other) {
    for (int i = 0; i < other.size; i++) {
      if (i == size) add(other.hopes[i]);
      else hopes[i] = Math.max(hopes[i], other.hopes[i]);
    }
    return this;
  }

  /** Nodes on offer. */
  public int size() {
    return size;
  }

  /** The probability of node {@code i}, from 0. */
  public double hope(int i) {
    return hopes[i];
  }

  /** Nanoseconds to draft the first {@code nodes}; 0 for none. */
  public double nanos(int nodes) {
    return nodes == 0 ? 0 : fixedNanos + nodes * nodeNanos;
  }
}
