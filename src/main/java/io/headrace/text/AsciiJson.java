package io.headrace.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
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

  /** Marks, names and numbers as they stand. */
  void raw(String ascii) {
    room(ascii.length());
    for (int i = 0; i < ascii.length(); i++) {
      json[length++] = (byte) ascii.charAt(i);
    }
  }

  /** A tree; a tree's own way to say itself makes a mapper first, for a twentieth of a second. */
  void node(JsonNode node) {
    switch (node.getNodeType()) {
      case OBJECT -> {
        mark('{');
        for (var field : node.properties()) {
          string(field.getKey());
          mark(':');
          node(field.getValue());
          mark(',');
        }
        end('}');
      }
      case ARRAY -> {
        mark('[');
        for (var element : node) {
          node(element);
          mark(',');
        }
        end(']');
      }
      case STRING -> string(node.textValue());
      default -> raw(node.asText()); // null, a truth or a number
    }
  }

  private void string(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    string(utf8, 0, utf8.length);
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

  /** A number that is not negative. */
  void number(int value) {
    room(10);
    int digits = 1;
    for (int rest = value / 10; rest > 0; rest /= 10) digits++;
    length += digits;
    for (int at = length - 1, rest = value; digits > 0; digits--, rest /= 10) json[at--] = (byte) ('0' + rest % 10);
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

  /** Takes back the last mark. */
  void open() {
    length--;
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
