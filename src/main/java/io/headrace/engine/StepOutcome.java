package io.headrace.engine;

import io.headrace.generation.RequestId;
import io.headrace.schedule.StepPlan.IdleReason;
import java.util.List;

/** How a step went. */
sealed interface StepOutcome {
  /** There was nothing to compute. */
  record Idle(IdleReason reason) implements StepOutcome {}

  /**
   * A pass was computed and its result committed.
   *
   * @param rows rows of the pass
   * @param failed sequences that failed by themselves; nothing of the step stayed with them
   */
  record Committed(int rows, List<RequestId> failed) implements StepOutcome {}

  /** The pass failed; so did its sequences, and nothing was committed. */
  record Failed(List<RequestId> sequences, Throwable fault) implements StepOutcome {}
}
