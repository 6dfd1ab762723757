package io.headrace.text.jinja;

/** Escapes in string literals, as Python has them. */
final class Escapes {
  private Escapes() {}

  /** Decodes the text between the quotes; an escape that means nothing stays as it is. */
  static String decode(String raw, int line) {
    if (raw.indexOf('\\') < 0) {
      return raw;
    }
    StringBuilder out = new StringBuilder(raw.length());
    int i = 0;
    while (i < raw.length()) {
      char c = raw.charAt(i++);
      if (c != '\\' || i == raw.length()) {
        out.append(c);
        continue;
      }
      char kind = raw.charAt(i++);
      switch (kind) {
        case '\n' -> { }
        case '\\', '\'', '"' -> out.append(kind);
        case 'a' -> out.append('\u0007');
        case 'b' -> out.append('\b');
        case 'f' -> out.append('\f');
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case 't' -> out.append('\t');
        case 'v' -> out.append('\u000b');
        case '0', '1', '2', '3', '4', '5', '6', '7' -> {
          int end = i;
          while (end < raw.length() && end < i + 2
              && raw.charAt(end) >= '0' && raw.charAt(end) <= '7') {
            end++;
          }
          out.append((char) Integer.parseInt(raw.substring(i - 1, end), 8));
          i = end;
        }
        case 'x', 'u', 'U' -> {
          int digits = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
          out.appendCodePoint(hex(raw, i, digits, line));
          i += digits;
        }
        default -> out.append('\\').append(kind);
      }
    }
    return out.toString();
  }

  private static int hex(String raw, int from, int digits, int line) {
    long code = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = i < raw.length() ? Character.digit(raw.charAt(i), 16) : -1;
      if (digit < 0 || raw.charAt(i) > 'f') {
        throw new TemplateException(TemplateException.Kind.SYNTAX, line,
            "an escape in a string needs " + digits + " hexadecimal digits");
      }
      code = code * 16 + digit;
    }
    if (code > Character.MAX_CODE_POINT) {
      throw new TemplateException(TemplateException.Kind.SYNTAX, line,
          "an escape in a string is beyond the last code point");
    }
    return (int) code;
  }
}
