package io.headrace.model;

/**
 * The rows of one pass, packed sequence by sequence. Reused from step to step; holds no more than the limits it was made with.
 *
 * <p>A row writes its keys and values into its sequence's blocks and sees the sequence's committed tokens, itself and the rows it
 * descends from. Block tables are lists of block ids; token {@code t} of a sequence lies in block {@code table[t / 16]}.
 *
 * <p>Errors: {@link IllegalArgumentException} for rows that do not fit the limits or the table.
 *
 * <p>Thread: engine thread.
 */
public interface ForwardBatch {
  /** Forgets all rows. */
  void clear();

  int rows();

  int sequences();

  /** Rows whose logits are wanted so far. */
  int wanted();

  int maxRows();

  int maxSequences();

  int maxWanted();

  /**
   * Adds a sequence whose rows follow its committed tokens one after another.
   *
   * @param table block ids, the first {@code blocks} entries valid and enough for {@code committed + count} tokens
   * @param committed tokens of the sequence whose keys and values are in its blocks
   * @param tokens the rows' tokens are {@code tokens[from .. from + count)}
   * @param wantedLast how many of the last rows want logits, 0 to {@code count}
   * @return index of the first wanted row among the {@link LogitRows} of the pass
   */
  int addChain(int[] table, int blocks, int committed, int[] tokens, int from, int count, int wantedLast);

  /**
   * Adds a sequence whose rows form a tree below its last committed token. Node {@code i} is written to slot {@code committed + i}
   * and rotated for its depth; {@code parents[i] < i}, or -1 for a node that follows the committed tokens directly. All rows want
   * logits.
   *
   * @return index of the first row among the {@link LogitRows} of the pass
   */
  int addTree(int[] table, int blocks, int committed, int[] tokens, int[] parents, int count);
}
