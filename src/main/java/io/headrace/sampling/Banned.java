package io.headrace.sampling;

/** These tokens cannot be chosen. Used for end and stop tokens until an output is long enough. */
record Banned(int[] tokens) implements LogitRule {
  @Override
  public void apply(float[] row, int vocabulary, TokenHistory history) {
    for (int token : tokens) {
      if (token < vocabulary) row[token] = Float.NEGATIVE_INFINITY;
    }
  }
}
