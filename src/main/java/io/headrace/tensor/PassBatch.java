package io.headrace.tensor;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The rows of one pass. They are gathered in plain arrays and handed to the kernels in one piece, as short as the pass: after a pass
 * the caches hold weights, and every line of code and data that is touched for the next one comes from memory. A store to an array is an
 * instruction; to a segment, before all is optimised, hundreds.
 *
 * <p>Rows of a sequence are added one after another behind their {@link #beginSequence}. A row's keys and values go to {@code slot}
 * and are rotated for {@code position}; it sees the committed slots, itself and its ancestors by {@code parent}, an index into the
 * batch or -1. Reused from pass to pass.
 *
 * <p>Errors: {@link IllegalArgumentException} for what does not fit the limits.
 *
 * <p>Thread: confined. Memory is freed by the garbage collector.
 */
public final class PassBatch {
  /** Words of {@code hr_batch}: four int32 and eight pointers. The arrays that it points to follow it. */
  private static final int STRUCT = 4 + 8 * 2;

  private final int maxRows;
  private final int maxSequences;
  private final int maxWanted;
  private final int tableStride;
  private final int[] token;
  private final int[] position;
  private final int[] slot;
  private final int[] parent;
  private final int[] firstRow;
  private final int[] committed;
  private final int[] wantedRows;

  /** Blocks of all sequences, {@link #tableStride} apart; grows to the most sequences there were. */
  private int[] table = {};

  /** Blocks of the longest sequence of this pass. */
  private int longest;

  /** What the kernels read, and where; grow to the longest there was. */
  private int[] words = {};

  private MemorySegment struct = MemorySegment.NULL;
  private int rows;
  private int sequences;
  private int wanted;

  /**
   * @param tableStride blocks of the longest sequence
   */
  public PassBatch(int maxRows, int maxSequences, int maxWanted, int tableStride) {
    this.maxRows = maxRows;
    this.maxSequences = maxSequences;
    this.maxWanted = maxWanted;
    this.tableStride = tableStride;
    token = new int[maxRows];
    position = new int[maxRows];
    slot = new int[maxRows];
    parent = new int[maxRows];
    firstRow = new int[maxSequences + 1];
    committed = new int[maxSequences];
    wantedRows = new int[maxWanted];
  }

  /** Forgets all rows. */
  public void clear() {
    rows = 0;
    sequences = 0;
    wanted = 0;
    longest = 0;
  }

  /** Starts a sequence with {@code committedTokens} slots filled, whose blocks are {@code blockIds[0 .. blocks)}. */
  public void beginSequence(int committedTokens, int[] blockIds, int blocks) {
    if (sequences == maxSequences) {
      throw new IllegalArgumentException("the batch holds at most " + maxSequences + " sequences");
    }
    if (blocks < 0 || blocks > blockIds.length || blocks > tableStride) {
      throw new IllegalArgumentException(
          "%d blocks do not fit a table of %d; the longest sequence has %d"
              .formatted(blocks, blockIds.length, tableStride));
    }
    committed[sequences] = committedTokens;
    int end = Math.multiplyExact(sequences + 1, tableStride);
    if (end > table.length) table = Arrays.copyOf(table, Math.max(end, Math.min(2 * table.length, maxSequences * tableStride)));
    System.arraycopy(blockIds, 0, table, end - tableStride, blocks);
    longest = Math.max(longest, blocks);
    firstRow[sequences] = rows;
    sequences++;
    firstRow[sequences] = rows;
  }

  /** Adds a row to the sequence begun last; returns its index. */
  public int addRow(int tokenId, int atPosition, int atSlot, int parentRow, boolean wantsLogits) {
    if (rows == maxRows) throw new IllegalArgumentException("the batch holds at most " + maxRows + " rows");
    if (wantsLogits && wanted == maxWanted) {
      throw new IllegalArgumentException("at most " + maxWanted + " rows can want logits");
    }
    token[rows] = tokenId;
    position[rows] = atPosition;
    slot[rows] = atSlot;
    parent[rows] = parentRow;
    if (wantsLogits) wantedRows[wanted++] = rows;
    rows++;
    firstRow[sequences] = rows;
    return rows - 1;
  }

  public int rows() {
    return rows;
  }

  public int sequences() {
    return sequences;
  }

  public int wanted() {
    return wanted;
  }

  public int maxRows() {
    return maxRows;
  }

  public int maxSequences() {
    return maxSequences;
  }

  public int maxWanted() {
    return maxWanted;
  }

  public int tableStride() {
    return tableStride;
  }

  public int token(int row) {
    return token[row];
  }

  public int position(int row) {
    return position[row];
  }

  public int slot(int row) {
    return slot[row];
  }

  public int parent(int row) {
    return parent[row];
  }

  /** First row of a sequence; of {@link #sequences()}: the number of rows. */
  public int firstRow(int sequence) {
    return firstRow[sequence];
  }

  public int committed(int sequence) {
    return committed[sequence];
  }

  /** Id of block {@code index} of a sequence. */
  public int block(int sequence, int index) {
    return table[sequence * tableStride + index];
  }

  /** Row of the batch that is wanted row {@code index}. */
  public int wantedRow(int index) {
    return wantedRows[index];
  }

  /** The {@code hr_batch} of the rows added so far, valid until the next call. */
  MemorySegment struct() {
    int length = STRUCT + 4 * rows + 2 * sequences + 1 + wanted + sequences * longest;
    if (length > words.length) {
      words = new int[2 * length];
      struct = Arena.ofAuto().allocate(4L * words.length, 64);
    }
    words[0] = rows;
    words[1] = sequences;
    words[2] = wanted;
    words[3] = longest;
    int at = STRUCT;
    at = put(0, token, rows, at);
    at = put(1, position, rows, at);
    at = put(2, slot, rows, at);
    at = put(3, parent, rows, at);
    at = put(4, firstRow, sequences + 1, at);
    at = put(5, committed, sequences, at);
    at = put(7, wantedRows, wanted, at);
    point(6, at);
    for (int s = 0; s < sequences; s++, at += longest) System.arraycopy(table, s * tableStride, words, at, longest);
    MemorySegment.copy(words, 0, struct, JAVA_INT, 0, at);
    return struct;
  }

  /** Array {@code index} of the struct is {@code count} words, which lie at {@code at}; where the next may. */
  private int put(int index, int[] array, int count, int at) {
    point(index, at);
    System.arraycopy(array, 0, words, at, count);
    return at + count;
  }

  private void point(int index, int at) {
    long address = struct.address() + 4L * at;
    words[4 + 2 * index] = (int) address;
    words[5 + 2 * index] = (int) (address >>> 32);
  }
}
