package io.headrace.testing;

import io.headrace.model.ForwardBatch;
import io.headrace.model.ForwardingModel;
import io.headrace.model.LogitRows;
import java.lang.foreign.MemorySegment;
import java.util.function.UnaryOperator;

/** A scripted model whose rows are changed: with the same tokens and slots another model, as far from the first as one likes. */
public final class AccentedModel extends ForwardingModel {
  private final UnaryOperator<float[]> accent;

  public AccentedModel(ScriptedModel model, UnaryOperator<float[]> accent) {
    super(model);
    this.accent = accent;
  }

  /** Adds to every logit a share, up to {@code strength}, that depends on the token, on {@code voice} and on the row. */
  public static UnaryOperator<float[]> voice(int voice, float strength) {
    return row -> {
      float[] changed = row.clone();
      for (int i = 0; i < row.length; i++) {
        int hash = (voice * 31 + i) * 0x9E3779B9 + (int) (8 * row[(i + 7) % row.length]) * 0x85EBCA6B;
        changed[i] += strength * (hash >>> 24) / 256f;
      }
      return changed;
    };
  }

  @Override
  public LogitRows forward(ForwardBatch batch, Runnable meanwhile) {
    return new Rows(model.forward(batch, meanwhile));
  }

  private final class Rows implements LogitRows {
    private final LogitRows rows;

    Rows(LogitRows rows) {
      this.rows = rows;
    }

    private ArrayRows changed(int row) {
      float[] values = new float[rows.vocabulary()];
      rows.copyRow(row, values);
      return new ArrayRows(accent.apply(values));
    }

    @Override
    public int rows() {
      return rows.rows();
    }

    @Override
    public int vocabulary() {
      return rows.vocabulary();
    }

    @Override
    public void copyRow(int row, float[] out) {
      changed(row).copyRow(0, out);
    }

    @Override
    public void copyPeaks(int row, float[] out) {
      changed(row).copyPeaks(0, out);
    }

    @Override
    public void copySpan(int row, int span, float[] out) {
      changed(row).copySpan(0, span, out);
    }

    @Override
    public MemorySegment values(int row) {
      return changed(row).values(0);
    }

    @Override
    public int argmax(int row) {
      return changed(row).argmax(0);
    }
  }
}
