package io.headrace.sampling;

/**
 * Logits of tokens that occurred in prompt or output are divided by {@code penalty} when positive
 * and multiplied by it when not. Above 0; above 1 discourages.
 *
 * @see <a href="https://arxiv.org/abs/1909.05858">CTRL, section 4.1</a>
 */
record RepetitionPenalty(float penalty) implements LogitRule {
  @Override
  public void apply(SpannedRow row, TokenHistory history) {
    for (int place = 0; place < history.size(); place++) {
      int token = history.token(place);
      if (token >= row.vocabulary() || !history.seen(place)) continue;
      // A tiny penalty must not make an infinity of a finite logit.
      float logit = row.get(token);
      row.put(token, logit > 0 ? Math.min(logit / penalty, Float.MAX_VALUE) : logit * penalty);
    }
  }
}
