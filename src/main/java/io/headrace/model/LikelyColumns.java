package io.headrace.model;

import io.headrace.tensor.RowWeights;
import io.headrace.tensor.Weigher;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The most probable columns of a row of logits, with their probabilities.
 *
 * <p>Thread: engine thread; reused from row to row.
 */
public final class LikelyColumns {
  private static final double LN2 = Math.log(2);

  private final Weigher weigher;
  private final RowWeights weights;
  private final float[] row;
  private final float[] peaks;
  private final int[] columns;
  private final float[] logits;
  private MemorySegment values = MemorySegment.NULL;
  private int found;
  private double total;

  LikelyColumns(int vocabulary, int most, Weigher weigher) {
    this.weigher = weigher;
    weights = new RowWeights(vocabulary);
    row = new float[vocabulary];
    peaks = new float[LogitRows.spans(vocabulary)];
    columns = new int[most];
    logits = new float[most];
  }

  /** Columns found, most probable first, of equal ones the lower; none for a row that holds no numbers. */
  public int found() {
    return found;
  }

  /** The {@code i}-th column. */
  public int column(int i) {
    return columns[i];
  }

  /** The probability of the {@code i}-th column among all of the row. */
  public double probability(int i) {
    return Weigher.weight(logits[i], logits[0], 1f) / total;
  }

  /** The entropy of the row, nats; 0 for a row that holds no numbers. */
  public double entropy() {
    return found == 0 ? 0 : weigher.entropy(values, row.length, logits[0]) * LN2;
  }

  /**
   * Looks at row {@code index}.
   *
   * @param rows to be read until the next call
   */
  public void read(LogitRows rows, int index) {
    found = 0;
    values = rows.values(index);
    rows.copyPeaks(index, peaks);
    Arrays.fill(logits, Float.NEGATIVE_INFINITY);
    int last = logits.length - 1;
    for (int span = 0; span < peaks.length; span++) {
      if (peaks[span] != peaks[span]) {
        found = 0;
        return;
      }
      if (peaks[span] <= logits[last]) continue;
      rows.copySpan(index, span, row);
      int end = Math.min(row.length, LogitRows.SPAN * (span + 1));
      for (int column = LogitRows.SPAN * span; column < end; column++) {
        if (row[column] > logits[last]) insert(column, row[column]);
      }
    }
    weigher.weigh(values, logits[0], 1f, 0f, weights);
    total = weights.total();
  }

  private void insert(int column, float logit) {
    int at = Math.min(found, logits.length - 1);
    while (at > 0 && logits[at - 1] < logit) {
      logits[at] = logits[at - 1];
      columns[at] = columns[at - 1];
      at--;
    }
    logits[at] = logit;
    columns[at] = column;
    found = Math.min(found + 1, logits.length);
  }
}
