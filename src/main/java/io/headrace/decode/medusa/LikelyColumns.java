package io.headrace.decode.medusa;

import io.headrace.model.LogitRows;
import java.util.Arrays;

/**
 * The most probable columns of a row of logits, with their probabilities.
 *
 * <p>Probabilities are for weighing what to draft and err by some percent: the sum over the row takes powers of two along straight lines.
 *
 * <p>Thread: one; reused from row to row.
 */
final class LikelyColumns {
  /** A power of two along a straight line is up to 6 % too large, on average as much. */
  private static final float STRAIGHT = 1.04f;

  /** So many logits of the same size can be summed. */
  static final int MOST_COLUMNS = 1 << 15;

  private static final float LOG2_E = 1.442695f;

  private final float[] row;
  private final float[] peaks;
  private final int[] columns;
  private final float[] logits;
  private final double[] probabilities;
  private int found;

  LikelyColumns(int vocabulary, int most) {
    if (vocabulary > MOST_COLUMNS) {
      throw new IllegalArgumentException("%d tokens can be guessed, %d at most".formatted(vocabulary, MOST_COLUMNS));
    }
    row = new float[vocabulary];
    peaks = new float[LogitRows.spans(vocabulary)];
    columns = new int[most];
    logits = new float[most];
    probabilities = new double[most];
  }

  /** Columns found, most probable first; none for a row that holds no numbers. */
  int found() {
    return found;
  }

  int column(int i) {
    return columns[i];
  }

  double probability(int i) {
    return probabilities[i];
  }

  void read(LogitRows rows, int index) {
    found = 0;
    rows.copyRow(index, row);
    rows.copyPeaks(index, peaks);
    Arrays.fill(logits, Float.NEGATIVE_INFINITY);
    int last = logits.length - 1;
    for (int span = 0; span < peaks.length; span++) {
      if (!(peaks[span] > logits[last])) continue;
      int end = Math.min(row.length, LogitRows.SPAN * (span + 1));
      for (int column = LogitRows.SPAN * span; column < end; column++) {
        if (row[column] > logits[last]) insert(column, row[column]);
      }
    }
    double sum = sum(row, logits[0]);
    if (!(sum > 0)) found = 0;
    for (int i = 0; i < found; i++) probabilities[i] = Math.min(1, Math.exp(logits[i] - logits[0]) / sum);
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

  /**
   * About the sum of exp(x - largest), in whole 2^-16: additions of integers may be reordered, so the compiler makes vectors of them. What is
   * less likely than that is not counted.
   */
  private static double sum(float[] x, float largest) {
    int total = 0;
    for (int i = 0; i < x.length; i++) {
      float power = Math.max((x[i] - largest) * LOG2_E, -30f);
      total += (int) Float.intBitsToFloat((int) ((power + 143f) * (1 << 23)));
    }
    return total / (65536 * STRAIGHT);
  }
}
