package io.headrace.schedule;

/** What the next step does. */
public sealed interface StepPlan {
  /**
   * Computes tokens.
   *
   * @param grants tokens per running sequence, in the order given to the scheduler; 0 for not this
   *     step. Both arrays are valid until the next plan
   * @param admitted tokens for the first waiting sequences, each at least 1; they run from now on
   */
  record Run(int[] grants, int[] admitted) implements StepPlan {}

  /**
   * Takes the blocks of a running sequence away and asks again: there are too few for the others.
   */
  record Preempt(int running) implements StepPlan {}

  /** Computes nothing. */
  record Idle(IdleReason reason) implements StepPlan {}

  /** Why there is nothing to compute. */
  enum IdleReason {
    /** No sequence runs or waits. */
    NO_SEQUENCES,
    /** Only sequences wait that were not to be admitted in this step. */
    NOT_ADMITTING
  }
}
