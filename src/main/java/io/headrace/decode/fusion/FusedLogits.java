package io.headrace.decode.fusion;

import io.headrace.decode.ModelRows;
import io.headrace.model.LogitRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalDouble;

/**
 * The one row that a fusion makes of its models' rows. Valid until the next one is made.
 *
 * <p>Errors: {@link ArithmeticException}, as {@link LogitFusion}.
 *
 * <p>Thread: engine thread; scratch that all sequences of an engine share. Allocates when a row has more experts than any before.
 */
public final class FusedLogits implements LogitRows {
  /** All below is made when the first row comes: most engines fuse nothing. */
  private int vocabulary;

  private LogitFusion fusion = new LogitFusion(1);
  private float[] target = {};
  private float[] base = {};
  private float[][] experts = {};
  private float[] fused = {};
  private MemorySegment memory = MemorySegment.NULL;

  /**
   * Fuses the first rows of these models, which are known by number.
   *
   * @param alpha the weight; empty: found from the rows
   */
  LogitRows of(ModelRows rows, int base, int[] experts, OptionalDouble alpha) {
    LogitRows first = rows.of(ModelRows.TARGET);
    if (vocabulary != first.vocabulary()) size(first.vocabulary());
    first.copyRow(0, target);
    rows.of(base).copyRow(0, this.base);
    // Fusion takes as many experts as it is given.
    if (this.experts.length != experts.length) this.experts = new float[experts.length][vocabulary];
    for (int i = 0; i < experts.length; i++) rows.of(experts[i]).copyRow(0, this.experts[i]);
    if (alpha.isPresent()) {
      fusion.fixed(target, this.base, this.experts, alpha.getAsDouble(), fused);
    } else {
      fusion.dynamic(target, this.base, this.experts, fused);
    }
    MemorySegment.copy(fused, 0, memory, ValueLayout.JAVA_FLOAT, 0, vocabulary);
    return this;
  }

  private void size(int vocabulary) {
    this.vocabulary = vocabulary;
    fusion = new LogitFusion(vocabulary);
    target = new float[vocabulary];
    base = new float[vocabulary];
    experts = new float[0][];
    fused = new float[vocabulary];
    memory = Arena.ofAuto().allocate(4L * vocabulary, 64);
  }

  /** The weight of the last row. */
  double alpha() {
    return fusion.alpha();
  }

  @Override
  public int rows() {
    return 1;
  }

  @Override
  public int vocabulary() {
    return vocabulary;
  }

  @Override
  public void copyRow(int row, float[] out) {
    only(row);
    System.arraycopy(fused, 0, out, 0, vocabulary);
  }

  /** A span without a token in play has -infinity. */
  @Override
  public void copyPeaks(int row, float[] out) {
    only(row);
    for (int span = 0; span < LogitRows.spans(vocabulary); span++) {
      float peak = Float.NEGATIVE_INFINITY;
      for (int i = span * SPAN; i < end(span); i++) {
        float x = fused[i];
        if (x > peak) peak = x;
        if (!(x < Float.POSITIVE_INFINITY)) {
          peak = Float.NaN;
          break;
        }
      }
      out[span] = peak;
    }
  }

  @Override
  public void copySpan(int row, int span, float[] out) {
    only(row);
    int first = span * SPAN;
    System.arraycopy(fused, first, out, first, end(span) - first);
  }

  @Override
  public MemorySegment values(int row) {
    only(row);
    return memory;
  }

  @Override
  public int argmax(int row) {
    only(row);
    int best = 0;
    for (int i = 0; i < vocabulary; i++) {
      if (!(fused[i] < Float.POSITIVE_INFINITY)) return -1;
      if (fused[i] > fused[best]) best = i;
    }
    return best;
  }

  private int end(int span) {
    return Math.min(vocabulary, (span + 1) * SPAN);
  }

  private static void only(int row) {
    if (row != 0) throw new IndexOutOfBoundsException("row %d of 1".formatted(row));
  }
}
