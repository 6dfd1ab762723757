package io.headrace.text;

import java.util.Arrays;

/**
 * JSON as it is written, in bytes below 128. For what has a hundred thousand small strings that are at hand as UTF-8: they become neither
 * Java's strings nor nodes of a tree, in a process that has compiled nothing yet.
 */
final class AsciiJson {
  private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

  /** The longest that a byte of a string becomes: {@code \}{@code u00XX}. */
  private static final int ESCAPED = 6;

  private byte[] json;
  private int length;

  /** Room for {@code expected} bytes at first. */
  AsciiJson(int expected) {
    json = new byte[expected];
  }

  /** JSON that is written already; everything beyond ASCII in it, which stands in strings, is escaped. */
  void raw(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      room(ESCAPED);
      if (c < 0x80) {
        json[length++] = (byte) c;
      } else {
        unit(c);
      }
    }
  }

  /** A string from its UTF-8; false, with a part of it written, where it is none. */
  boolean string(byte[] utf8, int start, int end) {
    room(ESCAPED * (end - start) + 2);
    byte[] to = json;
    to[length++] = '"';
    int at = start;
    while (at < end) {
      byte b = utf8[at];
      if (b >= ' ' && b != '"' && b != '\\') {
        to[length++] = b;
        at++;
      } else {
        at = escaped(utf8, at, end);
        if (at < 0) return false;
      }
    }
    to[length++] = '"';
    return true;
  }

  void number(int value) {
    raw(Integer.toString(value));
  }

  void mark(char mark) {
    room(1);
    json[length++] = (byte) mark;
  }

  /** Ends a list whose entries each end in a comma. */
  void end(char mark) {
    if (json[length - 1] == ',') length--;
    mark(mark);
  }

  byte[] take() {
    return Arrays.copyOf(json, length);
  }

  /** Writes the character that begins at {@code at}; where the next one begins, or -1 where there is no character. */
  private int escaped(byte[] utf8, int at, int end) {
    int first = utf8[at] & 0xFF;
    if (first < 0x80) {
      unit(first);
      return at + 1;
    }
    int bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || at + bytes > end) return -1;
    int code = first & (0xFF >> (bytes + 1));
    for (int i = 1; i < bytes; i++) {
      int next = utf8[at + i];
      if ((next & 0xC0) != 0x80) return -1;
      code = code << 6 | next & 0x3F;
    }
    boolean shortest = bytes == 2 || code >= (bytes == 3 ? 0x800 : Character.MIN_SUPPLEMENTARY_CODE_POINT);
    if (!shortest || code > Character.MAX_CODE_POINT || code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE) return -1;
    if (code < Character.MIN_SUPPLEMENTARY_CODE_POINT) {
      unit(code);
    } else {
      unit(Character.highSurrogate(code));
      unit(Character.lowSurrogate(code)); // twelve bytes for four
    }
    return at + bytes;
  }

  private void unit(int unit) {
    byte[] to = json;
    to[length] = '\\';
    to[length + 1] = 'u';
    to[length + 2] = HEX[unit >> 12];
    to[length + 3] = HEX[unit >> 8 & 15];
    to[length + 4] = HEX[unit >> 4 & 15];
    to[length + 5] = HEX[unit & 15];
    length += ESCAPED;
  }

  private void room(int bytes) {
    if (json.length - length < bytes) json = Arrays.copyOf(json, Math.max(2 * json.length, length + bytes));
  }
}
