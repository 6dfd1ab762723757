package io.headrace.kv;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Blocks promised to one step. {@link #grow} lends them to tables for the pass, {@link #commit}
 * leaves a table what its kept tokens need. Closing takes back everything that was not committed,
 * so that a step that failed leaves no trace.
 *
 * <p>Thread: engine thread.
 */
public final class Reservation implements AutoCloseable {
  private static final int[] NONE = {};

  private final BlockPool pool;
  private final int[] blocks;
  private int left;
  private final List<BlockTable> grown;
  private int[] sizes;
  private boolean closed;

  Reservation(BlockPool pool, int count) {
    this.pool = pool;
    blocks = count == 0 ? NONE : new int[count];
    sizes = count == 0 ? NONE : new int[8];
    grown = count == 0 ? List.of() : new ArrayList<>();
    for (int i = count - 1; i >= 0; i--) blocks[i] = pool.take();
    left = count;
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
    if (!grown.isEmpty()) grown.clear();
    while (left > 0) pool.letGo(blocks[--left]);
  }

  private void shrink(BlockTable table, int size) {
    while (table.size() > size) pool.letGo(table.removeLast());
  }
}
