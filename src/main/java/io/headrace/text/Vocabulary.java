package io.headrace.text;

import io.headrace.weights.Utf8Strings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a model by id: what each is called, what kind it is and which bytes it prints.
 * Immutable; any thread.
 */
final class Vocabulary {
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

  private final List<String> texts;
  private final List<TokenKind> kinds;
  private final Spelling spelling;
  private final AtomicReferenceArray<byte @Nullable []> bytes; // of those that have been asked for

  private Vocabulary(List<String> texts, List<TokenKind> kinds, Spelling spelling) {
    this.texts = texts;
    this.kinds = kinds;
    this.spelling = spelling;
    this.bytes = new AtomicReferenceArray<>(texts.size());
  }

  /** {@code texts} are copied unless they cannot change. */
  static Vocabulary of(List<String> texts, List<TokenKind> kinds, Spelling spelling) {
    if (texts.size() != kinds.size()) {
      throw new IllegalArgumentException(
          "The vocabulary has %d tokens but %d token types. Convert the model again."
              .formatted(texts.size(), kinds.size()));
    }
    var vocabulary = new Vocabulary(texts instanceof Utf8Strings ? texts : List.copyOf(texts), List.copyOf(kinds), spelling);
    for (int id = 0; id < kinds.size(); id++) {
      if (kinds.get(id) == TokenKind.BYTE) {
        vocabulary.bytes(id);
      }
    }
    return vocabulary;
  }

  /** The tokens as the model file spells them, index = id. */
  List<String> texts() {
    return texts;
  }

  /** One per token. */
  List<TokenKind> kinds() {
    return kinds;
  }

  /** The UTF-8 (or raw) bytes that a token prints; do not change them. */
  byte[] bytes(int id) {
    var known = bytes.get(id);
    if (known == null) {
      known = bytesOf(texts.get(id), kinds.get(id), spelling);
      bytes.set(id, known);
    }
    return known;
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
