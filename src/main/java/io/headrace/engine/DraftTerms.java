package io.headrace.engine;

import io.headrace.decode.StepDraft;
import io.headrace.decode.StepTerms;
import io.headrace.schedule.PassCost;

/**
 * The terms of one step, sequence after sequence: each sees the rows of those before it. Engine thread; reused from step to step.
 */
final class DraftTerms implements StepTerms {
  private PassCost cost = new PassCost();
  private final StepDraft draft = new StepDraft();
  private int decoding;
  private int context;
  private int rows;
  private int maxNodes;
  private int maxDepth;

  /**
   * Starts a step.
   *
   * @param cost what such steps cost
   * @param decoding sequences that decode
   * @param context tokens they have computed, the mean
   * @param prompts rows of prompts
   */
  void begin(PassCost cost, int decoding, int context, int prompts) {
    this.cost = cost;
    this.decoding = decoding;
    this.context = context;
    rows = decoding + prompts;
    draft.begin();
  }

  /** Terms for the next sequence. */
  StepTerms of(int maxNodes, int maxDepth) {
    this.maxNodes = maxNodes;
    this.maxDepth = maxDepth;
    return this;
  }

  /** A sequence drafted so many nodes. */
  void took(int drafted) {
    rows += drafted;
  }

  @Override
  public int maxNodes() {
    return maxNodes;
  }

  @Override
  public int maxDepth() {
    return maxDepth;
  }

  @Override
  public int decoding() {
    return Math.max(1, decoding);
  }

  @Override
  public double stretch(int drafted) {
    return drafted == 0 ? 1 : cost.stretch(decoding(), rows, drafted, context);
  }

  @Override
  public double nanos() {
    return cost.nanos(decoding(), rows, context);
  }

  @Override
  public StepDraft draft() {
    return draft;
  }

  @Override
  public boolean drafts() {
    return cost.budget().drafts(decoding());
  }

  @Override
  public boolean mayTry(double loss) {
    return cost.budget().mayTry(decoding(), loss);
  }
}
