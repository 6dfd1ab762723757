package io.headrace.sampling;

/**
 * Subtracts {@code frequency} per occurrence in the output, and {@code presence} once if there is
 * any. Both in [-2, 2].
 */
record OccurrencePenalty(float frequency, float presence) implements LogitRule {
  @Override
  public void apply(SpannedRow row, TokenHistory history) {
    for (int place = 0; place < history.size(); place++) {
      int token = history.token(place);
      if (token >= row.vocabulary() || history.outputs(place) == 0) continue;
      row.put(token, row.get(token) - (frequency * history.outputs(place) + presence));
    }
  }
}
