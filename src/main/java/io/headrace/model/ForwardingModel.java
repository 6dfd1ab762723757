package io.headrace.model;

import io.headrace.tensor.Weigher;

/** Another model, for what changes or looks at one in a single place. Closing it closes the other. */
public abstract class ForwardingModel implements Model {
  protected final Model model;

  protected ForwardingModel(Model model) {
    this.model = model;
  }

  @Override
  public ModelCard card() {
    return model.card();
  }

  @Override
  public ModelCapabilities capabilities() {
    return model.capabilities();
  }

  @Override
  public int blocks() {
    return model.blocks();
  }

  @Override
  public ForwardBatch newBatch() {
    return model.newBatch();
  }

  @Override
  public Weigher weigher() {
    return model.weigher();
  }

  @Override
  public LogitRows forward(ForwardBatch batch, Runnable meanwhile) {
    return model.forward(batch, meanwhile);
  }

  @Override
  public void moveTokens(int[] table, int blocks, int[] from, int[] to, int count) {
    model.moveTokens(table, blocks, from, to, count);
  }

  @Override
  public void close() {
    model.close();
  }
}
