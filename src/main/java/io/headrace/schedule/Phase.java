package io.headrace.schedule;

/** What a sequence needs next. */
public enum Phase {
  /** Prompt (or, after preemption, prompt and output) still to be computed. */
  PREFILL,
  /** All but the last token is computed: one row, and drafts below it if the strategy has any. */
  DECODE
}
