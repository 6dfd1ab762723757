package io.headrace.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The tokens of a model by id: what each is called, what kind it is and which bytes it prints.
 * Immutable.
 *
 * @param texts the tokens as the model file spells them, index = id
 * @param kinds one per token
 * @param bytes the UTF-8 (or raw) bytes that each token prints; do not change them
 */
record Vocabulary(List<String> texts, List<TokenKind> kinds, byte[][] bytes) {
  /** SentencePiece's stand-in for a space, U+2581. */
  static final String SPACE_MARK = "\u2581";

  private static final Pattern BYTE_TOKEN = Pattern.compile("<0x([0-9A-Fa-f]{2})>");

  /** How the vocabulary spells ordinary tokens. */
  enum Spelling {
    /** Every byte is a character of {@link ByteAlphabet}. */
    BYTE_LEVEL,
    /** Plain text with {@link #SPACE_MARK} for spaces and {@code <0xHH>} for raw bytes. */
    SENTENCE_PIECE
  }

  static Vocabulary of(List<String> texts, List<TokenKind> kinds, Spelling spelling) {
    if (texts.size() != kinds.size()) {
      throw new IllegalArgumentException(
          "The vocabulary has %d tokens but %d token types. Convert the model again."
              .formatted(texts.size(), kinds.size()));
    }
    var bytes = new byte[texts.size()][];
    for (int id = 0; id < bytes.length; id++) {
      bytes[id] = bytesOf(texts.get(id), kinds.get(id), spelling);
    }
    return new Vocabulary(List.copyOf(texts), List.copyOf(kinds), bytes);
  }

  int size() {
    return texts.size();
  }

  /**
   * The ids of tokens that are not made by merging, in order: control, unknown and user-defined
   * ones.
   */
  List<Integer> added() {
    var ids = new ArrayList<Integer>();
    for (int id = 0; id < size(); id++) {
      var kind = kinds.get(id);
      if ((kind.isControl() || kind == TokenKind.USER_DEFINED) && !texts.get(id).isEmpty()) {
        ids.add(id);
      }
    }
    return ids;
  }

  /** The kind of an ordinary token in a vocabulary with byte fallback. */
  static TokenKind ordinaryKind(String text) {
    return BYTE_TOKEN.matcher(text).matches() ? TokenKind.BYTE : TokenKind.NORMAL;
  }

  private static byte[] bytesOf(String text, TokenKind kind, Spelling spelling) {
    return switch (kind) {
      case UNUSED -> new byte[0];
      case CONTROL, UNKNOWN, USER_DEFINED -> text.getBytes(StandardCharsets.UTF_8);
      case BYTE -> {
        var matcher = BYTE_TOKEN.matcher(text);
        if (!matcher.matches()) {
          throw new IllegalArgumentException(
              ("Token '%s' has the type of a byte token but is not written <0xHH>. "
                      + "Convert the model again.")
                  .formatted(text));
        }
        yield new byte[] {(byte) Integer.parseInt(matcher.group(1), 16)};
      }
      case NORMAL ->
          switch (spelling) {
            case BYTE_LEVEL -> ByteAlphabet.bytes(text);
            case SENTENCE_PIECE -> text.replace(SPACE_MARK, " ").getBytes(StandardCharsets.UTF_8);
          };
    };
  }
}
