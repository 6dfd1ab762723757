package io.headrace.sampling;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * How often each token occurred in a prompt and its output: a list of the distinct ones in the order in which they came, which the
 * kernels read too, and an index into it. Memory grows with the distinct tokens.
 *
 * <p>Thread: engine thread.
 */
final class TokenHistory {
  private static final int PROMPT = 1;
  private static final int OUTPUT = 2;

  /** Open addressing: place + 1, 0 for empty. Entries stay when their counts return to 0. */
  private int[] index = new int[64];

  private MemorySegment tokens = MemorySegment.NULL;

  /** Bit 0: in the prompt. The rest: occurrences in the output. */
  private MemorySegment marks = MemorySegment.NULL;

  private int size;

  void addPrompt(int token) {
    int place = place(token);
    mark(place, mark(place) | PROMPT);
  }

  void addOutput(int token) {
    int place = place(token);
    mark(place, mark(place) + OUTPUT);
  }

  /** Takes back one {@link #addOutput}. */
  void removeOutput(int token) {
    int place = place(token);
    mark(place, mark(place) - OUTPUT);
  }

  /** Tokens that occurred, or did before they were taken back. */
  int size() {
    return size;
  }

  /** The token at a place below {@link #size}. */
  int token(int place) {
    return tokens.getAtIndex(JAVA_INT, place);
  }

  /** Whether the token at a place occurs in prompt or output. */
  boolean seen(int place) {
    return mark(place) != 0;
  }

  /** Occurrences in the output of the token at a place. */
  int outputs(int place) {
    return mark(place) >> 1;
  }

  /** Tokens by place, int32. */
  MemorySegment tokens() {
    return tokens;
  }

  /** Marks by place, int32: 2 * {@link #outputs}, + 1 if the token is in the prompt. */
  MemorySegment marks() {
    return marks;
  }

  private int mark(int place) {
    return marks.getAtIndex(JAVA_INT, place);
  }

  private void mark(int place, int mark) {
    marks.setAtIndex(JAVA_INT, place, mark);
  }

  private int place(int token) {
    int mask = index.length - 1;
    int i = slot(token, mask);
    while (index[i] != 0) {
      if (token(index[i] - 1) == token) return index[i] - 1;
      i = i + 1 & mask;
    }
    if (size * 2 >= index.length) {
      enlarge();
      return place(token);
    }
    if (tokens.byteSize() == 4L * size) {
      tokens = longer(tokens);
      marks = longer(marks);
    }
    tokens.setAtIndex(JAVA_INT, size, token);
    index[i] = ++size;
    return size - 1;
  }

  private static int slot(int token, int mask) {
    return token * 0x9E3779B9 >>> 7 & mask;
  }

  private static MemorySegment longer(MemorySegment list) {
    MemorySegment more = Arena.ofAuto().allocate(Math.max(128, 2 * list.byteSize()), 8);
    MemorySegment.copy(list, 0, more, 0, list.byteSize());
    return more;
  }

  private void enlarge() {
    index = new int[index.length * 2];
    int mask = index.length - 1;
    for (int place = 0; place < size; place++) {
      int i = slot(token(place), mask);
      while (index[i] != 0) i = i + 1 & mask;
      index[i] = place + 1;
    }
  }
}
