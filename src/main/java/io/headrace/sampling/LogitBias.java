package io.headrace.sampling;

import java.util.Map;

/** Adds a constant to the logits of given tokens. */
record LogitBias(int[] tokens, float[] values) implements LogitRule {
  static LogitBias of(Map<Integer, Float> bias) {
    int[] tokens = bias.keySet().stream().mapToInt(Integer::intValue).sorted().toArray();
    float[] values = new float[tokens.length];
    for (int i = 0; i < tokens.length; i++) values[i] = bias.get(tokens[i]);
    return new LogitBias(tokens, values);
  }

  @Override
  public void apply(SpannedRow row, TokenHistory history) {
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] < row.vocabulary()) row.put(tokens[i], row.get(tokens[i]) + values[i]);
    }
  }
}
