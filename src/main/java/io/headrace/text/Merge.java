package io.headrace.text;

import java.util.stream.Stream;

/**
 * Two neighbouring pieces that become one.
 *
 * @param whole {@code left + right}
 */
record Merge(String left, String right, String whole) {
  Merge(String left, String right) {
    this(left, right, left.concat(right));
  }

  /** What goes in and what comes out. */
  Stream<String> pieces() {
    return Stream.of(left, right, whole);
  }

  /**
   * An entry of a list of merges: two pieces and one space between (a piece may begin with a
   * space).
   */
  static Merge parse(String line, int index) {
    int space = line.indexOf(' ', 1);
    if (space < 1 || space == line.length() - 1) {
      throw new IllegalArgumentException(
          ("Merge %d of the tokenizer is '%s', not two pieces with a space between. "
                  + "Convert the model again.")
              .formatted(index, line));
    }
    return new Merge(line.substring(0, space), line.substring(space + 1));
  }
}
