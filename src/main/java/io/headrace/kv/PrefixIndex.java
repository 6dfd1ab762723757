package io.headrace.kv;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * Finds the block that already holds the keys and values of given tokens after a given prefix.
 * Every operation is O(1) in the number of blocks.
 *
 * <p>Thread: engine thread, except {@link #namespace}.
 *
 * @see <a href="https://arxiv.org/abs/2309.06180">Paged attention</a>
 * @see <a href="https://arxiv.org/abs/2312.07104">Radix attention, leaf-first eviction</a>
 */
final class PrefixIndex {
  /*
   * A full block is known by a 64-bit hash chained over the blocks before it. The hash only finds a
   * candidate: the block's own token ids, its predecessor and its namespace are stored and
   * compared, so that a collision is a miss and never wrong output. By induction over predecessors
   * an equal block stands for an equal whole prefix. Two different blocks with one hash cannot both
   * be remembered; the second stays unpublished, which costs a hit and nothing else.
   *
   * Eviction is least recently used, leaves first, from one plain list. The list holds the
   * remembered blocks that nobody holds, in the order they were let go. Its head is always a leaf,
   * because whoever holds a block also holds all its predecessors (BlockPool.publish swaps
   * duplicates for the remembered block) and lets go of the deepest first: a child is in the list
   * before its parent, or is not evictable and neither is its parent. The count of children is kept
   * to assert exactly that.
   */
  private static final int NONE = -1;
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final int blockTokens;
  private final long hashMask;

  private final boolean[] known;
  private final long[] hashes;
  private final long[] namespaces;
  private final int[] parents;
  private final int[] children;
  private final int[] tokens;

  private final int[] older;
  private final int[] newer;
  private int oldest = NONE;
  private int newest = NONE;
  private int idle;
  private int size;

  /** Open addressing, linear probing: block id + 1, 0 for an empty slot. At most half full. */
  private final int[] slots;

  PrefixIndex(int blocks, int blockTokens, long hashMask) {
    this.blockTokens = blockTokens;
    this.hashMask = hashMask;
    known = new boolean[blocks];
    hashes = new long[blocks];
    namespaces = new long[blocks];
    parents = new int[blocks];
    children = new int[blocks];
    tokens = new int[Math.multiplyExact(blocks, blockTokens)];
    older = new int[blocks];
    newer = new int[blocks];
    slots = new int[Integer.highestOneBit(Math.max(2, blocks * 2 - 1)) * 2];
  }

  /**
   * The first 64 bits of SHA-256 over both strings: equal models with equal salts share, nobody
   * else does.
   */
  static long namespace(String fingerprint, String salt) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(fingerprint.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0xFF); // no UTF-8 text contains it, so the pair is unambiguous
      byte[] sum = digest.digest(salt.getBytes(StandardCharsets.UTF_8));
      long first = 0;
      for (int i = 0; i < 8; i++) first = first << 8 | sum[i] & 0xFF;
      return first;
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every JDK has SHA-256", impossible);
    }
  }

  /**
   * Hash of a block whose predecessor hashed to {@code before} (the namespace for a first block).
   */
  long extend(long before, int[] from, int at) {
    long hash = before;
    for (int i = 0; i < blockTokens; i++) {
      hash = (hash ^ from[at + i] + 1L) * GOLDEN;
      hash ^= hash >>> 32;
    }
    return hash & hashMask;
  }

  /** The remembered block with these tokens after {@code parent} (-1 for a first block), or -1. */
  int find(long namespace, long hash, int parent, int[] from, int at) {
    int block = byHash(hash);
    return block >= 0 && same(block, namespace, parent, from, at) ? block : NONE;
  }

  /** Remembers a held block; false if its hash is taken by other tokens and it stays unknown. */
  boolean publish(int block, long namespace, long hash, int parent, int[] from, int at) {
    if (known[block]) throw new IllegalStateException("block " + block + " is remembered already");
    if (byHash(hash) >= 0) return false;
    known[block] = true;
    hashes[block] = hash;
    namespaces[block] = namespace;
    parents[block] = parent;
    children[block] = 0;
    System.arraycopy(from, at, tokens, block * blockTokens, blockTokens);
    if (parent >= 0) children[parent]++;
    insert(block);
    size++;
    return true;
  }

  boolean knows(int block) {
    return known[block];
  }

  /**
   * The last holder let go of a remembered block: it becomes the most recently used of those that
   * may be evicted.
   */
  void rest(int block) {
    older[block] = newest;
    newer[block] = NONE;
    if (newest >= 0) newer[newest] = block;
    else oldest = block;
    newest = block;
    idle++;
  }

  /** A remembered block that nobody held is held again. */
  void wake(int block) {
    int before = older[block];
    int after = newer[block];
    if (before >= 0) newer[before] = after;
    else oldest = after;
    if (after >= 0) older[after] = before;
    else newest = before;
    idle--;
  }

  /** Forgets the least recently used leaf and returns it, or -1 if none is idle. */
  int evict() {
    if (oldest < 0) return NONE;
    int block = oldest;
    if (children[block] != 0) {
      throw new IllegalStateException(
          "block %d would be evicted before its %d children".formatted(block, children[block]));
    }
    wake(block);
    remove(block);
    known[block] = false;
    if (parents[block] >= 0) children[parents[block]]--;
    size--;
    return block;
  }

  /** Remembered blocks that nobody holds. */
  int idle() {
    return idle;
  }

  /** All remembered blocks. */
  int size() {
    return size;
  }

  int oldestIdle() {
    return oldest;
  }

  int newerIdle(int block) {
    return newer[block];
  }

  PoolSnapshot.Remembered photograph(int block) {
    int[] own = Arrays.copyOfRange(tokens, block * blockTokens, (block + 1) * blockTokens);
    boolean found = byHash(hashes[block]) == block;
    long before = parents[block] < 0 ? namespaces[block] & hashMask : hashes[parents[block]];
    boolean hashed = extend(before, own, 0) == hashes[block];
    return new PoolSnapshot.Remembered(block, parents[block], children[block], found && hashed);
  }

  /** Where a chain of this namespace starts. */
  long start(long namespace) {
    return namespace & hashMask;
  }

  private boolean same(int block, long namespace, int parent, int[] from, int at) {
    if (parents[block] != parent || namespaces[block] != namespace) return false;
    int own = block * blockTokens;
    return Arrays.equals(tokens, own, own + blockTokens, from, at, at + blockTokens);
  }

  private int byHash(long hash) {
    int mask = slots.length - 1;
    for (int i = home(hash); slots[i] != 0; i = i + 1 & mask) {
      if (hashes[slots[i] - 1] == hash) return slots[i] - 1;
    }
    return NONE;
  }

  private int home(long hash) {
    return (int) (hash * GOLDEN >>> 33) & slots.length - 1;
  }

  private void insert(int block) {
    int mask = slots.length - 1;
    int i = home(hashes[block]);
    while (slots[i] != 0) i = i + 1 & mask;
    slots[i] = block + 1;
  }

  /** Takes a slot out and moves later entries of its run back, so that no probe stops early. */
  private void remove(int block) {
    int mask = slots.length - 1;
    int hole = home(hashes[block]);
    while (slots[hole] != block + 1) hole = hole + 1 & mask;
    for (int i = hole + 1 & mask; slots[i] != 0; i = i + 1 & mask) {
      int home = home(hashes[slots[i] - 1]);
      if ((i - home & mask) >= (i - hole & mask)) {
        slots[hole] = slots[i];
        hole = i;
      }
    }
    slots[hole] = 0;
  }
}
