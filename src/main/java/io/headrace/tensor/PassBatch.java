package io.headrace.tensor;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The rows of one pass, as the kernels read them: off-heap arrays that are filled in place and handed over without copying.
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
  /** Size of {@code hr_batch}: four int32 and eight pointers. */
  private static final long STRUCT_BYTES = 4 * 4 + 8 * 8;

  private final int maxRows;
  private final int maxSequences;
  private final int maxWanted;
  private final int tableStride;
  private final MemorySegment struct;
  private final MemorySegment token;
  private final MemorySegment position;
  private final MemorySegment slot;
  private final MemorySegment parent;
  private final MemorySegment firstRow;
  private final MemorySegment committed;
  private final MemorySegment table;
  private final MemorySegment wantedRows;
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
    Arena arena = Arena.ofAuto();
    struct = arena.allocate(STRUCT_BYTES, 64);
    token = arena.allocate(JAVA_INT, maxRows);
    position = arena.allocate(JAVA_INT, maxRows);
    slot = arena.allocate(JAVA_INT, maxRows);
    parent = arena.allocate(JAVA_INT, maxRows);
    firstRow = arena.allocate(JAVA_INT, maxSequences + 1L);
    committed = arena.allocate(JAVA_INT, maxSequences);
    table = arena.allocate(JAVA_INT, (long) maxSequences * tableStride);
    wantedRows = arena.allocate(JAVA_INT, Math.max(1, maxWanted));
    struct.set(JAVA_INT, 12, tableStride);
    MemorySegment[] arrays = {
      token, position, slot, parent, firstRow, committed, table, wantedRows
    };
    for (int i = 0; i < arrays.length; i++) struct.set(JAVA_LONG, 16 + 8L * i, arrays[i].address());
  }

  /** Forgets all rows. */
  public void clear() {
    rows = 0;
    sequences = 0;
    wanted = 0;
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
    committed.setAtIndex(JAVA_INT, sequences, committedTokens);
    MemorySegment.copy(blockIds, 0, table, JAVA_INT, 4L * sequences * tableStride, blocks);
    firstRow.setAtIndex(JAVA_INT, sequences, rows);
    sequences++;
    firstRow.setAtIndex(JAVA_INT, sequences, rows);
  }

  /** Adds a row to the sequence begun last; returns its index. */
  public int addRow(int tokenId, int atPosition, int atSlot, int parentRow, boolean wantsLogits) {
    if (rows == maxRows) throw new IllegalArgumentException("the batch holds at most " + maxRows + " rows");
    if (wantsLogits && wanted == maxWanted) {
      throw new IllegalArgumentException("at most " + maxWanted + " rows can want logits");
    }
    token.setAtIndex(JAVA_INT, rows, tokenId);
    position.setAtIndex(JAVA_INT, rows, atPosition);
    slot.setAtIndex(JAVA_INT, rows, atSlot);
    parent.setAtIndex(JAVA_INT, rows, parentRow);
    if (wantsLogits) wantedRows.setAtIndex(JAVA_INT, wanted++, rows);
    rows++;
    firstRow.setAtIndex(JAVA_INT, sequences, rows);
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
    return token.getAtIndex(JAVA_INT, row);
  }

  public int position(int row) {
    return position.getAtIndex(JAVA_INT, row);
  }

  public int slot(int row) {
    return slot.getAtIndex(JAVA_INT, row);
  }

  public int parent(int row) {
    return parent.getAtIndex(JAVA_INT, row);
  }

  /** First row of a sequence; of {@link #sequences()}: the number of rows. */
  public int firstRow(int sequence) {
    return firstRow.getAtIndex(JAVA_INT, sequence);
  }

  public int committed(int sequence) {
    return committed.getAtIndex(JAVA_INT, sequence);
  }

  /** Id of block {@code index} of a sequence. */
  public int block(int sequence, int index) {
    return table.getAtIndex(JAVA_INT, (long) sequence * tableStride + index);
  }

  /** Row of the batch that is wanted row {@code index}. */
  public int wantedRow(int index) {
    return wantedRows.getAtIndex(JAVA_INT, index);
  }

  /** The {@code hr_batch} of the rows added so far. */
  MemorySegment struct() {
    struct.set(JAVA_INT, 0, rows);
    struct.set(JAVA_INT, 4, sequences);
    struct.set(JAVA_INT, 8, wanted);
    return struct;
  }
}
