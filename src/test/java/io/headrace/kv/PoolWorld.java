package io.headrace.kv;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * A tiny pool in which sequences over very few tokens come, grow, fail, share and go at random,
 * beside a second bookkeeping that knows the whole prefix of every remembered block and so the true
 * answer to every look-up.
 */
final class PoolWorld {
  private static final int BLOCK_TOKENS = 4;

  private final class Life {
    final BlockTable table;
    final String salt;
    int[] tokens;
    int known;
    int committed;

    Life(String salt, int[] tokens) {
      this.salt = salt;
      this.tokens = tokens;
      known = tokens.length;
      table = pool.newTable(BlockPool.namespace("model", salt));
    }
  }

  private record Prefix(String salt, List<Integer> tokens) {}

  final BlockPool pool;
  private final RandomGenerator random;
  private final int vocabulary;
  private final List<Life> lives = new ArrayList<>();
  private final Map<Integer, Prefix> contents = new HashMap<>();
  int hits;
  int evictions;

  PoolWorld(RandomGenerator random, int vocabulary, int blocks, long hashMask) {
    this.random = random;
    this.vocabulary = vocabulary;
    pool = new BlockPool(blocks, BLOCK_TOKENS, hashMask);
  }

  void doSomething() {
    switch (random.nextInt(6)) {
      case 0 -> begin();
      case 1, 2, 3 -> grow(random.nextInt(5) > 0);
      case 4 -> end();
      default -> observe();
    }
    refresh();
  }

  void endAll() {
    while (!lives.isEmpty()) pool.release(lives.removeLast().table);
    refresh();
  }

  private void begin() {
    if (lives.size() == 4) return;
    var life =
        new Life(
            random.nextInt(8) == 0 ? "other" : "", tokens(1 + random.nextInt(4 * BLOCK_TOKENS)));
    lives.add(life);
    int limit = life.known - 1;
    int expected = longestPrefix(life.salt, life.tokens, limit);
    BlockPool.PrefixMatch match = pool.match(life.table.namespace, life.tokens, limit);
    int idle = 0;
    int availableBefore = pool.available();
    life.committed = pool.attachPrefix(life.table, life.tokens, limit);
    idle = availableBefore - pool.available();
    if (life.committed != expected) {
      throw new AssertionError(
          "found %d tokens, there were %d".formatted(life.committed, expected));
    }
    if (match.blocks() * BLOCK_TOKENS != expected || match.idle() != idle) {
      throw new AssertionError(
          "%s promised, %d tokens and %d idle found".formatted(match, expected, idle));
    }
    if (life.committed >= life.known) throw new AssertionError("the whole prompt was matched");
    hits += expected;
  }

  private void grow(boolean succeeds) {
    if (lives.isEmpty()) return;
    var life = lives.get(random.nextInt(lives.size()));
    int count = 1 + random.nextInt(6);
    int scratch = random.nextInt(3) == 0 ? random.nextInt(6) : 0;
    if (life.committed + count > life.known) append(life, life.committed + count - life.known);
    int needed = pool.blocksFor(life.committed + count + scratch) - life.table.size();
    if (needed > pool.available()) {
      end();
      return;
    }
    int[] before = Arrays.copyOf(life.table.ids(), life.table.size());
    try (Reservation blocks = pool.reserve(Math.max(0, needed))) {
      blocks.grow(life.table, life.committed + count + scratch);
      if (succeeds) {
        life.committed += count;
        blocks.commit(life.table, life.committed);
      }
    }
    if (!succeeds) {
      if (!Arrays.equals(before, Arrays.copyOf(life.table.ids(), life.table.size()))) {
        throw new AssertionError("a failed step changed the table");
      }
      return;
    }
    if (life.table.size() != pool.blocksFor(life.committed))
      throw new AssertionError("scratch was left in the table");
    pool.publish(life.table, life.tokens, life.committed);
  }

  private void end() {
    if (!lives.isEmpty()) pool.release(lives.remove(random.nextInt(lives.size())).table);
  }

  private void observe() {
    int[] tokens = tokens(1 + random.nextInt(5 * BLOCK_TOKENS));
    int limit = tokens.length - 1;
    int found = pool.match(BlockPool.namespace("model", ""), tokens, limit).blocks() * BLOCK_TOKENS;
    int expected = longestPrefix("", tokens, limit);
    if (found != expected)
      throw new AssertionError("found %d tokens, there were %d".formatted(found, expected));
  }

  /**
   * Learns what is remembered now: new entries from the tables that hold them, lost ones from the
   * snapshot.
   */
  private void refresh() {
    Set<Integer> now = new HashSet<>();
    for (PoolSnapshot.Remembered entry : pool.snapshot().remembered()) now.add(entry.block());
    int before = contents.size();
    contents.keySet().retainAll(now);
    evictions += before - contents.size();
    Map<Integer, Prefix> held = new HashMap<>();
    for (Life life : lives) {
      for (int i = 0; i < life.table.published(); i++) {
        var prefix = new Prefix(life.salt, list(life.tokens, (i + 1) * BLOCK_TOKENS));
        Prefix other = held.put(life.table.ids()[i], prefix);
        if (other != null && !other.equals(prefix)) {
          throw new AssertionError(
              "block %d stands for two prefixes".formatted(life.table.ids()[i]));
        }
      }
    }
    held.forEach(
        (block, prefix) -> {
          Prefix forgotten = contents.put(block, prefix);
          if (forgotten != null && !forgotten.equals(prefix)) evictions++;
        });
    if (!contents.keySet().equals(now))
      throw new AssertionError("a remembered block nobody published");
  }

  private int longestPrefix(String salt, int[] tokens, int limit) {
    int found = 0;
    while (found + BLOCK_TOKENS <= limit
        && contents.containsValue(new Prefix(salt, list(tokens, found + BLOCK_TOKENS)))) {
      found += BLOCK_TOKENS;
    }
    return found;
  }

  private void append(Life life, int count) {
    int[] more = tokens(count);
    life.tokens = Arrays.copyOf(life.tokens, life.known + count);
    System.arraycopy(more, 0, life.tokens, life.known, count);
    life.known += count;
  }

  private int[] tokens(int count) {
    return random.ints(count, 0, vocabulary).toArray();
  }

  private static List<Integer> list(int[] tokens, int count) {
    return Arrays.stream(tokens, 0, count).boxed().toList();
  }
}
