package io.headrace.decode;

/**
 * On what terms a step takes drafts of one sequence.
 *
 * <p>Thread: engine thread, during the call it was passed to.
 */
public interface StepTerms {
  /** Nodes at most, root included; at least 1. */
  int maxNodes();

  /** Steps below the root that could still be output; 0 where the next token is the last one. */
  int maxDepth();

  /** Sequences that decode in this step, this one included: so many tokens it yields without this one's drafts. */
  int decoding();

  /**
   * How many times longer the pass is expected to take with so many drafted nodes of this sequence than without any: by what passes of this
   * model took lately, before that by a guess. 1 for 0.
   */
  double stretch(int drafted);

  /** Nanoseconds that the step is expected to take without drafts of this sequence; NaN when nothing like it was measured. */
  double nanos();

  /** What sequences that leave it to the server draft in this step. */
  StepDraft draft();

  /** Whether drafting may go on: false for a while after it lost time, and for a step now and then that shows what one without drafts takes. */
  boolean drafts();

  /**
   * Whether something may be tried that is expected to lose so much of a step; if so, that is charged to the budget of trials.
   *
   * @param loss expected, in steps without drafts
   */
  boolean mayTry(double loss);
}
