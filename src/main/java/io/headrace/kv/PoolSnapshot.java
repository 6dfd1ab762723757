package io.headrace.kv;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A moment of the pool, copied out. Immutable; safe to log, to serve on a debug endpoint, and to
 * check.
 *
 * @param free ids of blocks with no content of worth
 * @param held blocks of each live table in order, by the table's number
 * @param holders for each block, how many tables hold it
 * @param remembered blocks that the prefix index can find, held or not
 * @param idle remembered blocks that nobody holds, next to be evicted first
 */
public record PoolSnapshot(
    int blockTokens,
    int blocks,
    List<Integer> free,
    Map<Long, List<Integer>> held,
    List<Integer> holders,
    List<Remembered> remembered,
    List<Integer> idle) {

  /**
   * One block of the prefix index.
   *
   * @param parent the block before it, or -1
   * @param children remembered blocks right after it
   * @param findable whether a look-up by its own content arrives at it
   */
  public record Remembered(int block, int parent, int children, boolean findable) {}

  public PoolSnapshot {
    free = List.copyOf(free);
    Map<Long, List<Integer>> copy = new LinkedHashMap<>();
    held.forEach((label, ids) -> copy.put(label, List.copyOf(new ArrayList<>(ids))));
    held = Collections.unmodifiableMap(copy);
    holders = List.copyOf(holders);
    remembered = List.copyOf(remembered);
    idle = List.copyOf(idle);
  }
}
