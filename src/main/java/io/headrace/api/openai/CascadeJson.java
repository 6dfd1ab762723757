package io.headrace.api.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.intake.CascadeRecord;
import org.jspecify.annotations.Nullable;

/** How a cascade came to its answer, as callers see it. Numbers that JSON cannot write are null. */
final class CascadeJson {
  private CascadeJson() {}

  static void write(ObjectNode node, CascadeRecord cascade) {
    node.put("answered_by", cascade.answeredBy()).put("judge", cascade.judge().word());
    node.put("score", finite(cascade.score())).put("threshold", finite(cascade.threshold()));
    node.put("small_tokens", cascade.smallTokens()).put("judge_questions", cascade.questions());
  }

  private static @Nullable Double finite(double number) {
    return Double.isFinite(number) ? number : null;
  }
}
