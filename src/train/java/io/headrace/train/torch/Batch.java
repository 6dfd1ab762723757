package io.headrace.train.torch;

import io.headrace.train.StateRows;

/** The numbers of one step: spans of neighbouring rows, gathered into arrays that are used again and again. */
final class Batch {
  private final StateRows source;
  private final TokenTable table;
  private final int[] columnOf;
  private final int heads;
  private final int hidden;
  private final int spans;
  private final int span;
  private final float[] wide;
  private final float[] states;
  private final float[][] vectors;
  private final float[][] labels;
  private final float[][] masks;
  private final long[][] columns;

  /** @param columnOf column of each token in the slice; -1 outside */
  Batch(StateRows source, TokenTable table, int[] columnOf, int heads, int hidden, int spans, int span) {
    this.source = source;
    this.table = table;
    this.columnOf = columnOf;
    this.heads = heads;
    this.hidden = hidden;
    this.spans = spans;
    this.span = span;
    int rows = spans * span;
    wide = new float[spans * (span + heads) * hidden];
    states = new float[rows * hidden];
    vectors = new float[heads][rows * hidden];
    labels = new float[heads][rows * hidden];
    masks = new float[heads][rows];
    columns = new long[heads][rows];
  }

  /** Gathers the spans that begin at rows {@code order[from]} and on; the rows after a span's last must be there for its labels. */
  void fill(int[] order, int from) {
    int reach = span + heads;
    for (int s = 0; s < spans; s++) {
      int first = order[from + s];
      for (int i = 0; i < reach; i++) source.copyState(first + i, wide, (s * reach + i) * hidden);
      System.arraycopy(wide, s * reach * hidden, states, s * span * hidden, span * hidden);
      for (int i = 0; i < span; i++) {
        for (int k = 0; k < heads; k++) fill(k, first + i, s * span + i);
      }
    }
    for (int k = 0; k < heads; k++) {
      int labelled = 0;
      for (float mask : masks[k]) labelled += mask > 0 ? 1 : 0;
      float share = labelled == 0 ? 0 : 1f / labelled;
      for (int i = 0; i < masks[k].length; i++) masks[k][i] *= share;
    }
  }

  /** Row {@code row} chose the token that is certain; head {@code k} sees up to token {@code row + k} and guesses the next. */
  private void fill(int k, int row, int at) {
    int before = source.together(row, row + k) ? source.token(row + k) : source.token(row);
    table.embedding(before, vectors[k], at * hidden);
    boolean there = source.together(row, row + k + 1);
    int token = there ? source.token(row + k + 1) : 0;
    int column = there ? columnOf[token] : -1;
    masks[k][at] = column >= 0 ? 1 : 0;
    columns[k][at] = Math.max(column, 0);
    table.output(token, labels[k], at * hidden);
  }

  int spans() {
    return spans;
  }

  int rows() {
    return spans * span;
  }

  /** States of the spans' rows and of those behind them that are labels. */
  float[] wideStates() {
    return wide;
  }

  float[] states() {
    return states;
  }

  float[] vectors(int head) {
    return vectors[head];
  }

  float[] labels(int head) {
    return labels[head];
  }

  /** One over the number of labels where there is one, else 0. */
  float[] mask(int head) {
    return masks[head];
  }

  /** The labels' columns in the slice; 0 where there is none. */
  long[] columns(int head) {
    return columns[head];
  }
}
