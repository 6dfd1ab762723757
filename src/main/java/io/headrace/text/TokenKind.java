package io.headrace.text;

/**
 * What a token is for. The numbers are GGUF's ({@code tokenizer.ggml.token_type}), which took them
 * from SentencePiece.
 */
public enum TokenKind {
  /** A piece of ordinary text. */
  NORMAL(1),
  /**
   * Stands for text that the vocabulary cannot spell. Treated like a control token wherever text is
   * read or written.
   */
  UNKNOWN(2),
  /** A mark for the model, such as the end of a turn: no text of a user's becomes one. */
  CONTROL(3),
  /** Text that is one token wherever it appears, and is text when printed. */
  USER_DEFINED(4),
  /** A gap in the numbering: never read, prints nothing. */
  UNUSED(5),
  /** One raw byte, written {@code <0xHH>} in the vocabulary. */
  BYTE(6);

  /** Called for every token of a vocabulary: {@link #values} would copy each time. */
  private static final TokenKind[] BY_NUMBER = new TokenKind[7];

  static {
    for (var kind : values()) {
      BY_NUMBER[kind.ggufNumber] = kind;
    }
  }

  private final int ggufNumber;

  TokenKind(int ggufNumber) {
    this.ggufNumber = ggufNumber;
  }

  /**
   * True for tokens that are not text: only asked-for parsing reads them, and {@code skipSpecial}
   * leaves them out.
   */
  boolean isControl() {
    return this == CONTROL || this == UNKNOWN;
  }

  /**
   * The kind with GGUF's number; 0 ("undefined", written by some old converters) is {@link
   * #NORMAL}.
   */
  static TokenKind ofGguf(int number, int id) {
    if (number == 0) {
      return NORMAL;
    }
    if (number > 0 && number < BY_NUMBER.length) {
      return BY_NUMBER[number];
    }
    throw new IllegalArgumentException(
        ("tokenizer.ggml.token_type[%d] is %d; a token type is a number from 1 to "
                + "6. Convert the model again.")
            .formatted(id, number));
  }
}
