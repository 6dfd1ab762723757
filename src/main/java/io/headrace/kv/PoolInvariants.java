package io.headrace.kv;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What must hold for every {@link PoolSnapshot}, at any moment between two calls of the pool. Any
 * thread.
 */
public final class PoolInvariants {
  private PoolInvariants() {}

  /** Everything wrong with the snapshot, in words; empty when it is sound. */
  public static List<String> violations(PoolSnapshot pool) {
    List<String> wrong = new ArrayList<>();
    countsAddUp(pool, wrong);
    holdersAreTheTables(pool, wrong);
    sharedBlocksAreRemembered(pool, wrong);
    chainsAreWhole(pool, wrong);
    leavesGoFirst(pool, wrong);
    return wrong;
  }

  private static void countsAddUp(PoolSnapshot pool, List<String> wrong) {
    Set<Integer> free = new HashSet<>(pool.free());
    Set<Integer> idle = new HashSet<>(pool.idle());
    Set<Integer> held = new HashSet<>();
    pool.held().values().forEach(held::addAll);
    if (free.size() != pool.free().size()) wrong.add("a block is free twice: " + pool.free());
    if (idle.size() != pool.idle().size()) wrong.add("a block is idle twice: " + pool.idle());
    if (free.size() + idle.size() + held.size() != pool.blocks()) {
      wrong.add(
          "%d free + %d idle + %d held != %d in the pool"
              .formatted(free.size(), idle.size(), held.size(), pool.blocks()));
    }
    for (int block = 0; block < pool.blocks(); block++) {
      int states =
          (free.contains(block) ? 1 : 0)
              + (idle.contains(block) ? 1 : 0)
              + (held.contains(block) ? 1 : 0);
      if (states != 1) wrong.add("block %d is in %d states".formatted(block, states));
    }
  }

  private static void holdersAreTheTables(PoolSnapshot pool, List<String> wrong) {
    int[] counted = new int[pool.blocks()];
    pool.held()
        .forEach(
            (label, ids) -> {
              if (new HashSet<>(ids).size() != ids.size())
                wrong.add("table %d holds a block twice".formatted(label));
              for (int block : ids) counted[block]++;
            });
    for (int block = 0; block < pool.blocks(); block++) {
      if (counted[block] != pool.holders().get(block)) {
        wrong.add(
            "block %d: %d tables, %d counted"
                .formatted(block, counted[block], pool.holders().get(block)));
      }
    }
  }

  private static void sharedBlocksAreRemembered(PoolSnapshot pool, List<String> wrong) {
    Set<Integer> remembered = new HashSet<>();
    for (PoolSnapshot.Remembered entry : pool.remembered()) remembered.add(entry.block());
    for (int block = 0; block < pool.blocks(); block++) {
      int holders = pool.holders().get(block);
      if (holders > 1 && !remembered.contains(block)) {
        wrong.add("block %d is shared by %d and can still be written".formatted(block, holders));
      }
    }
    for (int block : pool.free()) {
      if (remembered.contains(block)) wrong.add("block %d is free and remembered".formatted(block));
    }
    for (int block : pool.idle()) {
      if (!remembered.contains(block))
        wrong.add("block %d is idle and not remembered".formatted(block));
    }
  }

  private static void chainsAreWhole(PoolSnapshot pool, List<String> wrong) {
    Map<Integer, Integer> children = new HashMap<>();
    Map<Integer, Integer> parents = new HashMap<>();
    for (PoolSnapshot.Remembered entry : pool.remembered()) {
      parents.put(entry.block(), entry.parent());
      if (entry.parent() >= 0) children.merge(entry.parent(), 1, Integer::sum);
      if (!entry.findable())
        wrong.add("block %d is remembered and cannot be found".formatted(entry.block()));
    }
    for (PoolSnapshot.Remembered entry : pool.remembered()) {
      int counted = children.getOrDefault(entry.block(), 0);
      if (counted != entry.children()) {
        wrong.add(
            "block %d: %d children, %d counted"
                .formatted(entry.block(), counted, entry.children()));
      }
      int parent = entry.parent();
      if (parent < 0) continue;
      if (!parents.containsKey(parent)) {
        wrong.add("block %d follows block %d, which is forgotten".formatted(entry.block(), parent));
      } else if (pool.holders().get(parent) < pool.holders().get(entry.block())) {
        wrong.add(
            "block %d has more holders than block %d before it".formatted(entry.block(), parent));
      }
    }
  }

  private static void leavesGoFirst(PoolSnapshot pool, List<String> wrong) {
    Map<Integer, Integer> order = new HashMap<>();
    for (int i = 0; i < pool.idle().size(); i++) order.put(pool.idle().get(i), i);
    for (PoolSnapshot.Remembered entry : pool.remembered()) {
      Integer own = order.get(entry.block());
      Integer parent = order.get(entry.parent());
      if (own != null && parent != null && own > parent) {
        wrong.add(
            "block %d would be evicted after block %d before it"
                .formatted(entry.block(), entry.parent()));
      }
    }
  }
}
