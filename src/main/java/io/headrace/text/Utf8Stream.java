package io.headrace.text;

/**
 * Decodes UTF-8 that comes in parts, cut anywhere.
 *
 * <p>Bytes that can still become a character wait. What can no longer become one is U+FFFD, once
 * for each maximal subpart (The Unicode Standard, section 3.9, table 3-7 and "U+FFFD Substitution
 * of Maximal Subparts"). One kind of ill-formed bytes is judged later than it could be, as Python's
 * incremental decoder does: those of a surrogate (ED A0..BF 80..BF), each a subpart of its own, at
 * the third. {@link String}'s own decoder takes fewer subparts there, so it is not used.
 */
final class Utf8Stream {
  private static final char REPLACEMENT = '\uFFFD';

  private final StringBuilder piece = new StringBuilder();

  /** Bits of the character begun; meaningful while {@link #missing} is not 0. */
  private int codePoint;

  /** Continuation bytes that the character begun still needs. */
  private int missing;

  /** What the next continuation byte may be: not all of 80..BF after some first bytes. */
  private int lowest;

  private int highest;

  /** The whole text of these bytes. */
  static String decode(byte[] bytes) {
    var stream = new Utf8Stream();
    stream.accept(bytes);
    stream.finish();
    return stream.take();
  }

  void accept(byte[] bytes) {
    for (byte value : bytes) {
      accept(value & 0xFF);
    }
  }

  /** The stream ends here: what waits becomes U+FFFD. */
  void finish() {
    giveUp();
  }

  /** The text that has become certain since the last call. */
  String take() {
    var text = piece.toString();
    piece.setLength(0);
    return text;
  }

  private void accept(int value) {
    if (missing > 0) {
      if (value >= lowest && value <= highest) {
        codePoint = codePoint << 6 | value & 0x3F;
        lowest = 0x80;
        highest = 0xBF;
        if (--missing == 0) {
          end();
        }
        return;
      }
      giveUp();
    }
    begin(value);
  }

  private void begin(int value) {
    if (value < 0x80) {
      piece.append((char) value);
    } else if (value >= 0xC2 && value <= 0xDF) {
      begin(value & 0x1F, 1, 0x80, 0xBF);
    } else if (value >= 0xE0 && value <= 0xEF) {
      begin(value & 0x0F, 2, value == 0xE0 ? 0xA0 : 0x80, 0xBF);
    } else if (value >= 0xF0 && value <= 0xF4) {
      begin(value & 0x07, 3, value == 0xF0 ? 0x90 : 0x80, value == 0xF4 ? 0x8F : 0xBF);
    } else {
      piece.append(REPLACEMENT);
    }
  }

  private void begin(int bits, int continuations, int from, int to) {
    codePoint = bits;
    missing = continuations;
    lowest = from;
    highest = to;
  }

  private void end() {
    if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
      replace(3);
    } else {
      piece.appendCodePoint(codePoint);
    }
  }

  private void giveUp() {
    if (missing > 0) {
      boolean twoOfSurrogate =
          missing == 1
              && codePoint >= Character.MIN_SURROGATE >> 6
              && codePoint <= Character.MAX_SURROGATE >> 6;
      replace(twoOfSurrogate ? 2 : 1);
      missing = 0;
    }
  }

  private void replace(int subparts) {
    for (int i = 0; i < subparts; i++) {
      piece.append(REPLACEMENT);
    }
  }
}
