package io.headrace.sampling;

/**
 * Subtracts {@code frequency} per occurrence in the output, and {@code presence} once if there is
 * any. Both in [-2, 2].
 */
record OccurrencePenalty(float frequency, float presence) implements LogitRule {
  @Override
  public void apply(SpannedRow row, TokenHistory history) {
    for (int slot = 0; slot < history.slots(); slot++) {
      int token = history.token(slot);
      if (token < 0 || token >= row.vocabulary() || history.outputs(slot) == 0) continue;
      row.put(token, row.get(token) - (frequency * history.outputs(slot) + presence));
    }
  }
}
