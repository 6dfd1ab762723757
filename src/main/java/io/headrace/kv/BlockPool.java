package io.headrace.kv;

import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Hands out blocks, counts their holders and remembers the content of full ones after their last
 * holder is gone.
 *
 * <p>A block can be shared from the moment all its tokens are committed ({@link #publish}); a
 * shared block is never written by the model it belongs to. A sequence's life: {@link #newTable}, {@link #attachPrefix}, then
 * per step {@link #reserve}, {@link Reservation#commit} and {@link #publish}, and {@link #release}
 * once.
 *
 * <p><b>Companions.</b> Several models may keep keys and values under the same block ids, each in pages of its own. The
 * first, number 0, is the target: only what it has computed is published and found. Of the others a block remembers
 * which have computed all its tokens ({@link #noteComputed}), until it is handed out anew. That a companion writes to a
 * block that is shared already is sound: keys and values of a token depend on it and the tokens before it alone, bit for
 * bit, and who holds a shared block holds the same tokens before it. So whoever computes its tokens again writes what is
 * there, and what one sequence has computed another may go on from. Nobody reads what is not noted or his own; that two
 * do not write to one block, or write and read it, in one pass is seen to by {@link WriteClaims}.
 *
 * <p>Thread: engine thread. Reads no clock; recency is the order of calls.
 */
public final class BlockPool {
  private final int blocks;
  private final int blockTokens;
  private final int[] holders;
  private final int[] free;
  private int freeCount;
  private final PrefixIndex index;
  private final List<BlockTable> tables = new ArrayList<>();

  /** By block: the models, as a mask, that have computed all its tokens; nothing is said of model 0. */
  private final byte[] computed;

  /** A reservation that nobody uses any more. */
  private @Nullable Reservation closed;

  private long labels;

  /**
   * What of a prompt is in the pool already.
   *
   * @param blocks leading blocks found
   * @param idle how many of them nobody holds, so that attaching them takes them from {@link
   *     BlockPool#available()}
   * @param ready how many of the leading ones all the models in question have computed
   */
  public record PrefixMatch(int blocks, int idle, int ready) {
    /** Nothing found. */
    public static final PrefixMatch NONE = new PrefixMatch(0, 0, 0);
  }

  /** {@code blocks} and {@code blockTokens} at least 1. */
  public BlockPool(int blocks, int blockTokens) {
    this(blocks, blockTokens, -1L);
  }

  /** With hashes cut to {@code hashMask}, so that tests meet collisions. */
  BlockPool(int blocks, int blockTokens, long hashMask) {
    if (blocks < 1)
      throw new IllegalArgumentException("a pool needs at least 1 block, was " + blocks);
    if (blockTokens < 1)
      throw new IllegalArgumentException("a block needs at least 1 token, was " + blockTokens);
    this.blocks = blocks;
    this.blockTokens = blockTokens;
    holders = new int[blocks];
    computed = new byte[blocks];
    free = new int[blocks];
    // The lowest id is handed out first.
    for (int i = 0; i < blocks; i++) free[i] = blocks - 1 - i;
    freeCount = blocks;
    index = new PrefixIndex(blocks, blockTokens, hashMask);
  }

  /**
   * Names who may share with whom: sequences of one model {@code fingerprint} and one cache {@code
   * salt}. Any thread.
   */
  public static long namespace(String fingerprint, String salt) {
    return PrefixIndex.namespace(fingerprint, salt);
  }

  public int blocks() {
    return blocks;
  }

  public int blockTokens() {
    return blockTokens;
  }

  /**
   * Blocks that {@link #reserve} could hand out now: free ones and remembered ones that nobody
   * holds.
   */
  public int available() {
    return freeCount + index.idle();
  }

  /** Blocks in at least one table. */
  public int held() {
    return blocks - available();
  }

  /** Blocks that nobody holds but whose content can still be found. */
  public int remembered() {
    return index.idle();
  }

  /** Blocks that {@code tokens} tokens need. */
  public int blocksFor(int tokens) {
    return (int) (((long) tokens + blockTokens - 1) / blockTokens);
  }

  /** An empty table of a new sequence. */
  public BlockTable newTable(long namespace) {
    var table = new BlockTable(labels++, namespace, index.start(namespace));
    table.place = tables.size();
    tables.add(table);
    return table;
  }

  /** What {@link #attachPrefix} would find; changes nothing, not even recency. */
  public PrefixMatch match(long namespace, int[] tokens, int limit) {
    return match(namespace, tokens, limit, 1);
  }

  /** As above, for a sequence that the models of the mask {@code models} are to compute. */
  public PrefixMatch match(long namespace, int[] tokens, int limit, int models) {
    int others = models & ~1;
    int found = 0;
    int idle = 0;
    int ready = 0;
    int parent = -1;
    long hash = index.start(namespace);
    for (int at = 0; at + blockTokens <= limit; at += blockTokens) {
      hash = index.extend(hash, tokens, at);
      parent = index.find(namespace, hash, parent, tokens, at);
      if (parent < 0) break;
      if (ready == found && (computed[parent] & others) == others) ready++;
      found++;
      if (holders[parent] == 0) idle++;
    }
    return found == 0 ? PrefixMatch.NONE : new PrefixMatch(found, idle, ready);
  }

  /**
   * Fills an empty table with the remembered blocks of the longest prefix of {@code tokens[0 ..
   * limit)}, whole blocks only.
   *
   * @return tokens found, a multiple of the block size
   */
  public int attachPrefix(BlockTable table, int[] tokens, int limit) {
    if (table.size() != 0) throw new IllegalStateException("the table holds blocks already");
    int parent = -1;
    for (int at = 0; at + blockTokens <= limit; at += blockTokens) {
      long hash = index.extend(table.chain, tokens, at);
      int block = index.find(table.namespace, hash, parent, tokens, at);
      if (block < 0) break;
      hold(block);
      table.append(block);
      table.published++;
      table.chain = hash;
      parent = block;
    }
    return table.size() * blockTokens;
  }

  /**
   * Takes {@code count} blocks out of the pool for one step, dropping remembered ones where free
   * ones do not suffice.
   *
   * @throws IllegalStateException if {@code count} is above {@link #available()}; nothing is taken
   *     then
   */
  public Reservation reserve(int count) {
    if (count > available()) {
      throw new IllegalStateException(
          "%d blocks wanted, %d available".formatted(count, available()));
    }
    Reservation reservation = closed != null ? closed : new Reservation(this);
    closed = null;
    return reservation.open(count);
  }

  /** The next step may have {@code reservation}. */
  void closed(Reservation reservation) {
    closed = reservation;
  }

  /**
   * Makes the table's full blocks findable: {@code tokens[0 .. committed)} are committed and
   * computed. Where an equal block is remembered already the table holds that one from now on and
   * its own is freed, which is legal because equal prefixes have bit-equal keys and values.
   *
   * @return the first token in a block of the table that became another one, where what companions had computed may then be missing;
   *     {@code committed} if there is none
   */
  public int publish(BlockTable table, int[] tokens, int committed) {
    int replaced = committed;
    while (!table.secret && (table.published + 1) * blockTokens <= committed) {
      int i = table.published;
      int at = i * blockTokens;
      int own = table.ids()[i];
      int parent = i == 0 ? -1 : table.ids()[i - 1];
      long hash = index.extend(table.chain, tokens, at);
      int equal = index.find(table.namespace, hash, parent, tokens, at);
      if (equal >= 0) {
        hold(equal);
        table.replace(i, equal);
        letGo(own);
        replaced = Math.min(replaced, at);
      } else if (!index.publish(own, table.namespace, hash, parent, tokens, at)) {
        table.secret = true;
        return replaced;
      }
      table.published++;
      table.chain = hash;
    }
    return replaced;
  }

  /** A companion, number 1 to 7, has computed {@code tokens [from, end)} of a table. */
  public void noteComputed(BlockTable table, int model, int from, int end) {
    for (int i = from / blockTokens; i < end / blockTokens; i++) computed[table.ids()[i]] |= (byte) (1 << model);
  }

  /**
   * How many leading tokens of a table a companion need not compute.
   *
   * @param from tokens that it is known to have computed; more may have come from others that hold the same blocks
   */
  public int computedBeyond(BlockTable table, int model, int from) {
    int i = from / blockTokens;
    while (i < table.published && has(table, i, model)) i++;
    return Math.max(from, i * blockTokens);
  }

  /**
   * How many leading tokens of those that a companion had computed are left after blocks of a table were replaced. It has computed nothing
   * of a block that replaced one unless that is noted, even where it had not come to the end of its own.
   *
   * @param replaced the first token in a block that was
   */
  public int computedWithin(BlockTable table, int model, int had, int replaced) {
    for (int i = replaced / blockTokens; i * blockTokens < had; i++) {
      if (!has(table, i, model)) return i * blockTokens;
    }
    return had;
  }

  private boolean has(BlockTable table, int i, int model) {
    return (computed[table.ids()[i]] >> model & 1) != 0;
  }

  /**
   * Lets go of all blocks of a sequence, the deepest first; the table is dead afterwards. At most
   * once per table.
   */
  public void release(BlockTable table) {
    if (table.place < 0) throw new IllegalStateException("the table was released already");
    while (table.size() > 0) letGo(table.removeLast());
    BlockTable last = tables.removeLast();
    if (last != table) {
      tables.set(table.place, last);
      last.place = table.place;
    }
    table.place = -1;
  }

  /** Copies out everything; O(pool). */
  public PoolSnapshot snapshot() {
    SequencedMap<Long, List<Integer>> held = new TreeMap<>();
    for (BlockTable table : tables) {
      List<Integer> ids = new ArrayList<>();
      for (int i = 0; i < table.size(); i++) ids.add(table.ids()[i]);
      held.put(table.label, ids);
    }
    List<Integer> freeIds = new ArrayList<>();
    for (int i = 0; i < freeCount; i++) freeIds.add(free[i]);
    List<Integer> counts = new ArrayList<>();
    List<PoolSnapshot.Remembered> remembered = new ArrayList<>();
    for (int block = 0; block < blocks; block++) {
      counts.add(holders[block]);
      if (index.knows(block)) remembered.add(index.photograph(block));
    }
    List<Integer> idle = new ArrayList<>();
    for (int block = index.oldestIdle(); block >= 0; block = index.newerIdle(block))
      idle.add(block);
    return new PoolSnapshot(blockTokens, blocks, freeIds, held, counts, remembered, idle);
  }

  int take() {
    int block = freeCount > 0 ? free[--freeCount] : index.evict();
    if (block < 0) throw new IllegalStateException("the pool is empty");
    holders[block] = 1;
    computed[block] = 0;
    return block;
  }

  void letGo(int block) {
    if (--holders[block] > 0) return;
    if (index.knows(block)) index.rest(block);
    else free[freeCount++] = block;
  }

  private void hold(int block) {
    if (holders[block]++ == 0) index.wake(block);
  }
}
