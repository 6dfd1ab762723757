package io.headrace.sampling;

import io.headrace.model.LogitRows;
import io.headrace.tensor.Weigher;

/**
 * How undecided a row of raw logits is: the entropy of its softmax, bits. Equal rows give equal bits, whatever computes them.
 *
 * <p>Thread: engine thread; one per engine.
 */
public final class RowEntropy {
  private final SpannedRow row;
  private final Weigher weigher;

  /** For rows of {@code vocabulary} logits, 1 to {@link Weigher#MOST}. */
  public RowEntropy(int vocabulary, Weigher weigher) {
    row = new SpannedRow(vocabulary);
    this.weigher = weigher;
  }

  /** From 0 to the binary logarithm of the vocabulary; NaN if the row holds a NaN or an infinity. */
  public double bits(LogitRows rows, int index) {
    if (rows.argmax(index) < 0) return Double.NaN;
    row.open(rows, index);
    return weigher.entropy(row.whole(), row.vocabulary(), row.largest());
  }
}
