package io.headrace.engine;

import io.headrace.model.LogitRows;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Rows of logits that are all the same but for a few. */
class SparseRows implements LogitRows {
  private final int vocabulary;
  private final int few;
  private final int[] tokens;
  private final float[] logits;
  private final int[] counts;
  private final float[] others;
  private final float[] whole;
  private int rows;

  /** At most {@code most} rows with {@code few} logits each that differ. */
  SparseRows(int vocabulary, int most, int few) {
    this.vocabulary = vocabulary;
    this.few = few;
    tokens = new int[most * few];
    logits = new float[most * few];
    counts = new int[most];
    others = new float[most];
    whole = new float[vocabulary];
  }

  final void clear() {
    rows = 0;
  }

  /** Adds a row whose logits are all {@code others}. */
  final void add(float others) {
    this.others[rows] = others;
    counts[rows++] = 0;
  }

  /** Sets a logit of the last row, above all {@code others}. */
  final void set(int token, float logit) {
    int at = (rows - 1) * few + counts[rows - 1]++;
    tokens[at] = token;
    logits[at] = logit;
  }

  /** Whether the last row has that logit set. */
  final boolean has(int token) {
    int first = (rows - 1) * few;
    for (int i = first; i < first + counts[rows - 1]; i++) {
      if (tokens[i] == token) return true;
    }
    return false;
  }

  @Override
  public final int rows() {
    return rows;
  }

  @Override
  public final int vocabulary() {
    return vocabulary;
  }

  @Override
  public void copyRow(int row, float[] out) {
    Arrays.fill(out, 0, vocabulary, others[row]);
    for (int i = row * few; i < row * few + counts[row]; i++) out[tokens[i]] = logits[i];
  }

  @Override
  public void copyPeaks(int row, float[] out) {
    Arrays.fill(out, 0, LogitRows.spans(vocabulary), others[row]);
    for (int i = row * few; i < row * few + counts[row]; i++) out[tokens[i] / SPAN] = Math.max(out[tokens[i] / SPAN], logits[i]);
  }

  @Override
  public void copySpan(int row, int span, float[] out) {
    Arrays.fill(out, SPAN * span, Math.min(vocabulary, SPAN * (span + 1)), others[row]);
    for (int i = row * few; i < row * few + counts[row]; i++) {
      if (tokens[i] / SPAN == span) out[tokens[i]] = logits[i];
    }
  }

  @Override
  public MemorySegment values(int row) {
    copyRow(row, whole);
    return MemorySegment.ofArray(whole);
  }

  @Override
  public int argmax(int row) {
    copyRow(row, whole);
    int best = 0;
    for (int token = 1; token < vocabulary; token++) if (whole[token] > whole[best]) best = token;
    return best;
  }
}
