package io.headrace.kv;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Blocks promised to one step. {@link #grow} lends them to tables for the pass, {@link #commit}
 * leaves a table what its kept tokens need. Closing takes back everything that was not committed,
 * so that a step that failed leaves no trace. A closed one is for nobody: its pool hands it out anew.
 *
 * <p>Thread: engine thread.
 */
public final class Reservation implements AutoCloseable {
  private final BlockPool pool;
  private int[] blocks = new int[8];
  private int left;
  private final List<BlockTable> grown = new ArrayList<>();
  private int[] sizes = new int[8];
  private boolean closed = true;

  Reservation(BlockPool pool) {
    this.pool = pool;
  }

  /** Takes {@code count} blocks, which there are. */
  Reservation open(int count) {
    if (blocks.length < count) blocks = new int[2 * count];
    for (int i = count - 1; i >= 0; i--) blocks[i] = pool.take();
    left = count;
    closed = false;
    return this;
  }

  /** Blocks not lent yet. */
  public int left() {
    return left;
  }

  /**
   * Lends {@code table} the blocks it lacks for {@code tokens} tokens. At most once per table.
   *
   * @throws IllegalStateException if more are needed than are left; the table is as before
   */
  public void grow(BlockTable table, int tokens) {
    int missing = pool.blocksFor(tokens) - table.size();
    if (missing <= 0) return;
    if (closed || missing > left) {
      throw new IllegalStateException("%d blocks wanted of %d reserved".formatted(missing, left));
    }
    if (grown.size() == sizes.length) sizes = Arrays.copyOf(sizes, sizes.length * 2);
    sizes[grown.size()] = table.size();
    grown.add(table);
    for (int i = 0; i < missing; i++) table.append(blocks[--left]);
  }

  /**
   * Leaves {@code table} the blocks of its first {@code tokens} tokens and returns the rest of its
   * growth.
   */
  public void commit(BlockTable table, int tokens) {
    int at = grown.indexOf(table);
    if (at < 0) return;
    shrink(table, Math.max(sizes[at], pool.blocksFor(tokens)));
    grown.set(at, grown.getLast());
    sizes[at] = sizes[grown.size() - 1];
    grown.removeLast();
  }

  /** Takes back what was not committed. A second call does nothing. */
  @Override
  public void close() {
    if (closed) return;
    closed = true;
    for (int i = grown.size() - 1; i >= 0; i--) shrink(grown.get(i), sizes[i]);
    grown.clear();
    while (left > 0) pool.letGo(blocks[--left]);
    pool.closed(this);
  }

  private void shrink(BlockTable table, int size) {
    while (table.size() > size) pool.letGo(table.removeLast());
  }
}
