package io.headrace.engine;

import io.headrace.engine.WorldTexts.Place;
import io.headrace.model.ForwardBatch;
import io.headrace.model.LogitRows;
import io.headrace.model.Model;
import io.headrace.model.ModelCapabilities;
import io.headrace.model.ModelCard;
import io.headrace.tensor.Weigher;

/** A model that answers with its texts; of a row's state its heads learn where in them it stands. */
final class WorldModel implements Model {
  static final int WINDOW = 4096;

  private final WorldClock clock;
  private final WorldBatch batch;
  private final Rows rows = new Rows();

  WorldModel(WorldTexts texts, WorldClock clock) {
    this.clock = clock;
    batch = new WorldBatch(texts, blocks());
  }

  @Override
  public ModelCard card() {
    return new ModelCard("texts", "texts", Place.SIZE, 0, 1, WINDOW, WorldTexts.VOCABULARY, 1, 8, "none", "exact", "none", "texts", "texts-1");
  }

  @Override
  public ModelCapabilities capabilities() {
    return new ModelCapabilities(true, 64, true, false, true);
  }

  @Override
  public int blocks() {
    return 4096;
  }

  @Override
  public ForwardBatch newBatch() {
    return batch;
  }

  @Override
  public Weigher weigher() {
    return Weigher.inJava();
  }

  @Override
  public LogitRows forward(ForwardBatch packed, Runnable meanwhile) {
    meanwhile.run();
    clock.pass(batch.sequences(), batch.rows());
    rows.clear();
    for (int row = 0; row < batch.wanted(); row++) {
      rows.add(0);
      rows.set(batch.texts().next(batch.place(row)), 10);
    }
    return rows;
  }

  @Override
  public void moveTokens(int[] table, int blocks, int[] from, int[] to, int count) {}

  @Override
  public void close() {}

  private final class Rows extends SparseRows {
    Rows() {
      super(WorldTexts.VOCABULARY, WorldBatch.MOST, 1);
    }

    @Override
    public void copyState(int row, float[] out) {
      batch.place(row).copyTo(out);
    }
  }
}
