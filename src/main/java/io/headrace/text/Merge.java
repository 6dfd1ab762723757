package io.headrace.text;

/** Two neighbouring pieces that become one. */
record Merge(String left, String right) {
  String whole() {
    return left + right;
  }

  /** A line of {@code tokenizer.ggml.merges}: two pieces and one space between (a piece may begin with a space). */
  static Merge parse(String line, int index) {
    int space = line.indexOf(' ', 1);
    if (space < 1 || space == line.length() - 1) {
      throw new IllegalArgumentException(
          "tokenizer.ggml.merges[%d] is '%s', not two pieces with a space between. Convert the model again.".formatted(index, line));
    }
    return new Merge(line.substring(0, space), line.substring(space + 1));
  }
}
