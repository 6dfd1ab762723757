package io.headrace.engine;

import io.headrace.model.ForwardBatch;
import io.headrace.model.LogitRows;
import io.headrace.model.Model;
import io.headrace.model.ModelCapabilities;
import io.headrace.model.ModelCard;
import io.headrace.tensor.Weigher;
import io.headrace.testing.CountedBatch;
import io.headrace.testing.ScriptedModel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** A model that computes nothing and allocates nothing: what a step with it allocates, the engine does. */
final class StillModel implements Model {
  private final ModelCard card;
  private final int blocks;
  private final Batch batch = new Batch();
  private final Rows rows = new Rows();
  private final Weigher weigher;
  private final float[] values;
  private final MemorySegment segment;

  /** Rows outside the heap with their peaks, each in its place; empty where nothing but Java reads them. */
  private final MemorySegment[] outside;

  private final MemorySegment[] peaks;

  StillModel(int window, int blocks) {
    this(window, blocks, Weigher.inJava());
  }

  StillModel(int window, int blocks, Weigher weigher) {
    this.weigher = weigher;
    card = ScriptedModel.withBlocks(1).withWindow(window).card();
    this.blocks = blocks;
    values = new float[card.vocabulary()];
    segment = MemorySegment.ofArray(values);
    outside = new MemorySegment[weigher.chooses() ? batch.maxWanted() : 0];
    peaks = new MemorySegment[outside.length];
    for (int row = 0; row < outside.length; row++) {
      rows.copySpan(row, 0, values);
      outside[row] = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, values);
      peaks[row] = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, 3f);
    }
  }

  @Override
  public ModelCard card() {
    return card;
  }

  @Override
  public ModelCapabilities capabilities() {
    return new ModelCapabilities(true, 32, false, false, true);
  }

  @Override
  public int blocks() {
    return blocks;
  }

  @Override
  public ForwardBatch newBatch() {
    return batch;
  }

  @Override
  public Weigher weigher() {
    return weigher;
  }

  @Override
  public LogitRows forward(ForwardBatch batch, Runnable meanwhile) {
    meanwhile.run();
    return rows;
  }

  @Override
  public void moveTokens(int[] table, int tableBlocks, int[] from, int[] to, int count) {}

  @Override
  public void close() {}

  private static final class Batch extends CountedBatch {
    Batch() {
      super(512, 64, 256);
    }

    @Override
    public int addChain(int[] table, int blocks, int committed, int[] tokens, int from, int count, int wantedLast) {
      return count(count, wantedLast);
    }

    @Override
    public int addTree(int[] table, int blocks, int committed, int[] tokens, int[] parents, int count) {
      return count(count, count);
    }
  }

  private final class Rows implements LogitRows {
    @Override
    public int rows() {
      return batch.wanted();
    }

    @Override
    public int vocabulary() {
      return card.vocabulary();
    }

    @Override
    public void copyRow(int row, float[] out) {
      copySpan(row, 0, out);
    }

    @Override
    public void copyPeaks(int row, float[] out) {
      out[0] = 3f;
    }

    @Override
    public void copySpan(int row, int span, float[] out) {
      for (int id = 0; id < vocabulary(); id++) out[id] = (id * 7 + row) % 31 / 10f;
      out[row % vocabulary()] = 3f;
    }

    @Override
    public @Nullable MemorySegment peaks(int row) {
      return peaks.length == 0 ? null : peaks[row];
    }

    @Override
    public MemorySegment values(int row) {
      if (outside.length > 0) return outside[row];
      copySpan(row, 0, values);
      return segment;
    }

    @Override
    public int argmax(int row) {
      return row % vocabulary();
    }
  }
}
