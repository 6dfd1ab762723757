package io.headrace.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.headrace.tensor.Choices;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;

/**
 * What is added to logits, as the kernels read it: {@link Banned} tokens first, then those of a {@link LogitBias}.
 *
 * @param tokens int32
 * @param values float32
 * @param banned entries that are bans
 * @param count of all entries
 */
record BiasList(MemorySegment tokens, MemorySegment values, int banned, int count) {
  static final BiasList NONE = new BiasList(MemorySegment.NULL, MemorySegment.NULL, 0, 0);

  /** Of the tokens below {@code vocabulary}; bans and biases each name a token once. */
  static BiasList of(int[] banned, Map<Integer, Float> bias, int vocabulary) {
    int[] bans = Arrays.stream(banned).filter(token -> token < vocabulary).sorted().distinct().toArray();
    int[] others = bias.keySet().stream().mapToInt(Integer::intValue).filter(token -> token < vocabulary).sorted().toArray();
    int count = bans.length + others.length;
    if (count == 0) return NONE;
    Arena memory = Arena.ofAuto();
    MemorySegment tokens = memory.allocate(JAVA_INT, count);
    MemorySegment values = memory.allocate(JAVA_FLOAT, count);
    for (int i = 0; i < bans.length; i++) {
      tokens.setAtIndex(JAVA_INT, i, bans[i]);
      values.setAtIndex(JAVA_FLOAT, i, Float.NEGATIVE_INFINITY);
    }
    for (int i = 0; i < others.length; i++) {
      tokens.setAtIndex(JAVA_INT, bans.length + i, others[i]);
      values.setAtIndex(JAVA_FLOAT, bans.length + i, bias.get(others[i]));
    }
    return new BiasList(tokens, values, bans.length, count);
  }

  /** Makes it part of the choice added last. */
  void tell(Choices choices, boolean banning) {
    int first = banning ? 0 : banned;
    if (first < count) choices.bias(tokens, values, first, count - first);
  }
}
