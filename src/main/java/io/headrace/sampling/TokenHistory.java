package io.headrace.sampling;

/**
 * How often each token occurred in a prompt and its output. Memory grows with the distinct tokens.
 *
 * <p>Thread: engine thread.
 */
final class TokenHistory {
  private static final int PROMPT = 1;
  private static final int OUTPUT = 2;

  /** Open addressing: token + 1, 0 for empty. Entries stay when their counts return to 0. */
  private int[] keys = new int[64];

  /** Bit 0: in the prompt. The rest: occurrences in the output. */
  private int[] values = new int[64];

  private int size;

  void addPrompt(int token) {
    int slot = slot(token); // first, because it may replace the array
    values[slot] |= PROMPT;
  }

  void addOutput(int token) {
    int slot = slot(token);
    values[slot] += OUTPUT;
  }

  /** Takes back one {@link #addOutput}. */
  void removeOutput(int token) {
    int slot = slot(token);
    values[slot] -= OUTPUT;
  }

  /**
   * Bound for the index of {@link #token}, {@link #seen} and {@link #outputs}; some indices stand
   * for no token.
   */
  int slots() {
    return keys.length;
  }

  /** The token of a slot, or -1. */
  int token(int slot) {
    return keys[slot] - 1;
  }

  /** Whether the token of a slot occurs in prompt or output. */
  boolean seen(int slot) {
    return values[slot] != 0;
  }

  /** Occurrences of a slot's token in the output. */
  int outputs(int slot) {
    return values[slot] >> 1;
  }

  private int slot(int token) {
    int mask = keys.length - 1;
    int i = token * 0x9E3779B9 >>> 7 & mask;
    while (keys[i] != 0 && keys[i] != token + 1) i = i + 1 & mask;
    if (keys[i] != 0) return i;
    if (size * 2 >= keys.length) {
      enlarge();
      return slot(token);
    }
    keys[i] = token + 1;
    size++;
    return i;
  }

  private void enlarge() {
    int[] oldKeys = keys;
    int[] oldValues = values;
    keys = new int[oldKeys.length * 2];
    values = new int[oldKeys.length * 2];
    size = 0;
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] == 0) continue;
      int slot = slot(oldKeys[i] - 1);
      values[slot] = oldValues[i];
    }
  }
}
