package io.headrace.sampling;

/** These tokens cannot be chosen. Used for end and stop tokens until an output is long enough. */
record Banned(int[] tokens) implements LogitRule {
  @Override
  public void apply(SpannedRow row, TokenHistory history) {
    for (int token : tokens) {
      if (token < row.vocabulary()) row.put(token, Float.NEGATIVE_INFINITY);
    }
  }
}
