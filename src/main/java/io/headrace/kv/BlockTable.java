package io.headrace.kv;

import java.util.Arrays;

/**
 * The blocks of one sequence in order: token {@code t} lies in block {@code ids()[t /
 * blockTokens]}. Made and changed by {@link BlockPool} and {@link Reservation} only.
 *
 * <p>Thread: engine thread.
 */
public final class BlockTable {
  final long label;
  final long namespace;
  int place;

  /** Leading blocks that the prefix index remembers, and the hash of the last of them. */
  int published;

  long chain;

  /**
   * Set where a hash was taken by other tokens: what follows could not be found and stays private.
   */
  boolean secret;

  private int[] ids = new int[8];
  private int size;

  BlockTable(long label, long namespace, long chain) {
    this.label = label;
    this.namespace = namespace;
    this.chain = chain;
  }

  /**
   * The live array of block ids, of which the first {@link #size()} are valid. Replaced when the
   * table grows: do not keep it.
   */
  public int[] ids() {
    return ids;
  }

  /** Blocks held. */
  public int size() {
    return size;
  }

  /** Leading blocks that can be found by others. */
  public int published() {
    return published;
  }

  void append(int block) {
    if (size == ids.length) ids = Arrays.copyOf(ids, size * 2);
    ids[size++] = block;
  }

  void replace(int index, int block) {
    ids[index] = block;
  }

  int removeLast() {
    return ids[--size];
  }
}
