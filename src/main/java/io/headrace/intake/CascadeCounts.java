package io.headrace.intake;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Counts how cascades ended. Any thread. */
final class CascadeCounts {
  private final AtomicLong kept = new AtomicLong();
  private final AtomicLong escalated = new AtomicLong();
  private final AtomicLong questions = new AtomicLong();

  void count(boolean keeps, int asked) {
    (keeps ? kept : escalated).incrementAndGet();
    questions.addAndGet(asked);
  }

  /** By names that end in their unit. */
  Map<String, Number> totals() {
    Map<String, Number> totals = new LinkedHashMap<>();
    totals.put("cascade_kept_answers", kept.get());
    totals.put("cascade_escalated_answers", escalated.get());
    totals.put("cascade_judge_questions", questions.get());
    return totals;
  }
}
