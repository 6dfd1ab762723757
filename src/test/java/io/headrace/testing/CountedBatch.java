package io.headrace.testing;

import io.headrace.model.ForwardBatch;

/** A batch that counts what is added to it and has limits; what that is it keeps or forgets. */
public abstract class CountedBatch implements ForwardBatch {
  private final int maxRows;
  private final int maxSequences;
  private final int maxWanted;
  private int rows;
  private int sequences;
  private int wanted;

  /** Empty. */
  protected CountedBatch(int maxRows, int maxSequences, int maxWanted) {
    this.maxRows = maxRows;
    this.maxSequences = maxSequences;
    this.maxWanted = maxWanted;
  }

  /** One more sequence with so many rows; the number of the first of these that are wanted. */
  protected final int count(int rows, int wanted) {
    if (this.rows + rows > maxRows || sequences == maxSequences || this.wanted + wanted > maxWanted) {
      throw new IllegalArgumentException("the batch is full");
    }
    int first = this.wanted;
    this.rows += rows;
    sequences++;
    this.wanted += wanted;
    return first;
  }

  @Override
  public void clear() {
    rows = 0;
    sequences = 0;
    wanted = 0;
  }

  @Override
  public final int rows() {
    return rows;
  }

  @Override
  public final int sequences() {
    return sequences;
  }

  @Override
  public final int wanted() {
    return wanted;
  }

  @Override
  public final int maxRows() {
    return maxRows;
  }

  @Override
  public final int maxSequences() {
    return maxSequences;
  }

  @Override
  public final int maxWanted() {
    return maxWanted;
  }
}
