package io.headrace.text.jinja;

import io.headrace.text.jinja.Token.Kind;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/**
 * Cuts a template into tokens, applying whitespace control: a line's blanks before a block or
 * comment go (lstrip_blocks), the newline right after one goes (trim_blocks), {@code -} takes all
 * white space on its side and {@code +} switches either off.
 */
final class Lexer {
  private static final Set<String> LONG_OPERATORS = Set.of("**", "//", "==", "!=", ">=", "<=");
  private static final String SHORT_OPERATORS = "+-*/%~[](){}<>=.:|,;";

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int pos;
  private int line = 1;
  private int counted;

  private Lexer(String source) {
    this.source = source;
  }

  /** Tokens of a template; the last one is {@link Kind#END}. */
  static List<Token> tokens(String template) {
    String source = template.replace("\r\n", "\n").replace('\r', '\n');
    if (source.endsWith("\n")) {
      source = source.substring(0, source.length() - 1);
    }
    Lexer lexer = new Lexer(source);
    lexer.all();
    return List.copyOf(lexer.tokens);
  }

  private void all() {
    while (pos < source.length()) {
      int open = nextOpening(pos);
      if (open < 0) {
        data(source.substring(pos));
        pos = source.length();
        break;
      }
      char kind = source.charAt(open + 1);
      int inside = open + 2;
      char sign = inside < source.length() ? source.charAt(inside) : ' ';
      data(beforeTag(pos, open, sign, kind != '{'));
      pos = sign == '-' || sign == '+' ? inside + 1 : inside;
      switch (kind) {
        case '#' -> comment(sign == '-' || sign == '+' ? inside + 1 : inside);
        case '%' -> {
          int raw = afterKeyword(pos, "raw");
          int end = raw < 0 ? -1 : rawBeginEnd(raw);
          if (end >= 0) {
            pos = end;
            raw();
          } else {
            add(Kind.BLOCK_BEGIN, "{%");
            tag(Kind.BLOCK_END);
          }
        }
        default -> {
          add(Kind.PRINT_BEGIN, "{{");
          tag(Kind.PRINT_END);
        }
      }
    }
    add(Kind.END, "");
  }

  private int nextOpening(int from) {
    for (int i = source.indexOf('{', from); i >= 0 && i + 1 < source.length();
        i = source.indexOf('{', i + 1)) {
      char next = source.charAt(i + 1);
      if (next == '{' || next == '%' || next == '#') {
        return i;
      }
    }
    return -1;
  }

  private String beforeTag(int from, int to, char sign, boolean stripsLine) {
    String text = source.substring(from, to);
    if (sign == '-') {
      return Chars.stripEnd(text);
    }
    if (sign != '+' && stripsLine) {
      int lineStart = text.lastIndexOf('\n') + 1;
      boolean atLineStart = lineStart > 0 || from == 0 || source.charAt(from - 1) == '\n';
      if (atLineStart && Chars.isBlank(text, lineStart)) {
        return text.substring(0, lineStart);
      }
    }
    return text;
  }

  private void data(String text) {
    if (!text.isEmpty()) {
      add(Kind.DATA, text);
    }
  }

  private void comment(int from) {
    int close = source.indexOf("#}", from);
    if (close < 0) {
      throw error("a comment is not closed with '#}'");
    }
    boolean strips = close > from && source.charAt(close - 1) == '-';
    boolean keeps = close > from && source.charAt(close - 1) == '+';
    pos = close + 2;
    afterTag(strips, !keeps);
  }

  private void afterTag(boolean strips, boolean trimsNewline) {
    if (strips) {
      skipSpace();
    } else if (trimsNewline && pos < source.length() && source.charAt(pos) == '\n') {
      pos++;
    }
  }

  private void skipSpace() {
    while (pos < source.length() && Chars.isSpace(source.charAt(pos))) {
      pos++;
    }
  }

  private int spaceEnd(int from) {
    int i = from;
    while (i < source.length() && Chars.isSpace(source.charAt(i))) {
      i++;
    }
    return i;
  }

  /** Where the white space after the keyword ends, or -1 if the tag does not start with it. */
  private int afterKeyword(int from, String keyword) {
    int start = spaceEnd(from);
    return source.startsWith(keyword, start) ? spaceEnd(start + keyword.length()) : -1;
  }

  private int rawBeginEnd(int from) {
    if (source.startsWith("%}", from)) {
      return from + 2;
    }
    return source.startsWith("-%}", from) ? spaceEnd(from + 3) : -1;
  }

  private void raw() {
    int start = pos;
    for (int open = source.indexOf("{%", pos); open >= 0; open = source.indexOf("{%", open + 2)) {
      char sign = open + 2 < source.length() ? source.charAt(open + 2) : ' ';
      int end = afterKeyword(sign == '-' || sign == '+' ? open + 3 : open + 2, "endraw");
      if (end < 0) {
        continue;
      }
      boolean marked = source.startsWith("-%}", end) || source.startsWith("+%}", end);
      if (marked || source.startsWith("%}", end)) {
        data(beforeTag(start, open, sign, true));
        pos = marked ? end + 3 : end + 2;
        afterTag(source.charAt(end) == '-', source.charAt(end) == '%');
        return;
      }
    }
    throw error("a raw block is not closed with '{% endraw %}'");
  }

  /** Tokens up to the end of a tag; inside brackets the tag cannot end. */
  private void tag(Kind end) {
    Deque<Character> brackets = new ArrayDeque<>();
    String close = end == Kind.PRINT_END ? "}}" : "%}";
    while (true) {
      skipSpace();
      if (pos >= source.length()) {
        throw error("the template ends before '" + close + "'");
      }
      if (brackets.isEmpty()) {
        char c = source.charAt(pos);
        boolean marked = c == '-' || c == '+' && end == Kind.BLOCK_END;
        if (source.startsWith(close, marked ? pos + 1 : pos)) {
          add(end, close);
          pos += marked ? 3 : 2;
          afterTag(c == '-', end == Kind.BLOCK_END && c == '%');
          return;
        }
      }
      token(brackets);
    }
  }

  private void token(Deque<Character> brackets) {
    char c = source.charAt(pos);
    if (c >= '0' && c <= '9') {
      number();
    } else if (c == '\'' || c == '"') {
      string(c);
    } else if (c == '_' || Character.isLetter(source.codePointAt(pos))) {
      int start = pos;
      while (pos < source.length() && isNamePart(source.codePointAt(pos))) {
        pos += Character.charCount(source.codePointAt(pos));
      }
      add(Kind.NAME, source.substring(start, pos));
    } else if (pos + 2 <= source.length()
        && LONG_OPERATORS.contains(source.substring(pos, pos + 2))) {
      add(Kind.OPERATOR, source.substring(pos, pos + 2));
      pos += 2;
    } else if (SHORT_OPERATORS.indexOf(c) >= 0) {
      balance(brackets, c);
      add(Kind.OPERATOR, String.valueOf(c));
      pos++;
    } else {
      throw error("unexpected character '" + Character.toString(source.codePointAt(pos)) + "'");
    }
  }

  private static boolean isNamePart(int c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }

  private void balance(Deque<Character> brackets, char c) {
    switch (c) {
      case '(' -> brackets.push(')');
      case '[' -> brackets.push(']');
      case '{' -> brackets.push('}');
      case ')', ']', '}' -> {
        if (brackets.isEmpty()) {
          throw error("unexpected '" + c + "'");
        }
        char expected = brackets.pop();
        if (expected != c) {
          throw error("unexpected '" + c + "', expected '" + expected + "'");
        }
      }
      default -> { }
    }
  }

  private void number() {
    int start = pos;
    int radix = pos + 2 < source.length() && source.charAt(pos) == '0'
        ? switch (source.charAt(pos + 1)) {
          case 'x', 'X' -> 16;
          case 'o', 'O' -> 8;
          case 'b', 'B' -> 2;
          default -> 10;
        }
        : 10;
    if (radix != 10) {
      pos += 2;
      digits(radix);
      integer(source.substring(start + 2, pos), radix, start);
      return;
    }
    digits(10);
    // In "x.0.1" the second point is another lookup, not a fraction.
    boolean afterPoint = start > 0 && source.charAt(start - 1) == '.';
    boolean fraction = !afterPoint && pos + 1 < source.length() && source.charAt(pos) == '.'
        && isDigit(pos + 1);
    if (fraction) {
      pos++;
      digits(10);
    }
    int exponent = afterPoint ? -1 : exponentDigits();
    if (exponent >= 0) {
      pos = exponent;
      digits(10);
    }
    if (fraction || exponent >= 0) {
      String text = source.substring(start, pos);
      tokens.add(new Token(Kind.FLOAT, text, Double.valueOf(text.replace("_", "")), line(start)));
    } else {
      integer(source.substring(start, pos), 10, start);
    }
  }

  private boolean isDigit(int at) {
    return at < source.length() && source.charAt(at) >= '0' && source.charAt(at) <= '9';
  }

  private int exponentDigits() {
    if (pos < source.length() && (source.charAt(pos) | 32) == 'e') {
      int at = pos + 1;
      if (at < source.length() && (source.charAt(at) == '+' || source.charAt(at) == '-')) {
        at++;
      }
      return isDigit(at) ? at : -1;
    }
    return -1;
  }

  private void digits(int radix) {
    while (pos < source.length()) {
      char c = source.charAt(pos);
      boolean separator = c == '_' && pos + 1 < source.length()
          && Character.digit(source.charAt(pos + 1), radix) >= 0;
      if (!separator && (c > 'f' || Character.digit(c, radix) < 0)) {
        return;
      }
      pos++;
    }
  }

  private void integer(String text, int radix, int start) {
    String digits = text.replace("_", "");
    if (digits.isEmpty() || digits.length() > Numbers.MAX_DIGITS) {
      throw error(digits.isEmpty() ? "a number without digits" : "a number is too long");
    }
    tokens.add(new Token(Kind.INTEGER, source.substring(start, pos),
        Numbers.narrow(new BigInteger(digits, radix)), line(start)));
  }

  private void string(char quote) {
    int start = pos;
    int i = pos + 1;
    while (i < source.length() && source.charAt(i) != quote) {
      i += source.charAt(i) == '\\' ? 2 : 1;
    }
    if (i >= source.length()) {
      throw error("a string is not closed with " + quote);
    }
    pos = i + 1;
    String text = Escapes.decode(source.substring(start + 1, i), line(start));
    tokens.add(new Token(Kind.STRING, text, line(start)));
  }

  private void add(Kind kind, String text) {
    tokens.add(new Token(kind, text, line(pos)));
  }

  /** Line of a position; positions only grow, save for the start of the token just read. */
  private int line(int at) {
    while (counted < at) {
      if (source.charAt(counted++) == '\n') {
        line++;
      }
    }
    return line;
  }

  private TemplateException error(String reason) {
    return new TemplateException(TemplateException.Kind.SYNTAX,
        line(Math.min(pos, source.length())), reason);
  }
}
