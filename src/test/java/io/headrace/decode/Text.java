package io.headrace.decode;

import java.util.Arrays;

/** A sequence that tests write by hand. */
final class Text implements SequenceView {
  private int[] tokens;
  private int size;

  Text(int... tokens) {
    this.tokens = tokens.clone();
    size = tokens.length;
  }

  void add(int token) {
    if (size == tokens.length) tokens = Arrays.copyOf(tokens, size * 2 + 1);
    tokens[size++] = token;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public int promptSize() {
    return 1;
  }

  @Override
  public int token(int index) {
    return tokens[index];
  }
}
