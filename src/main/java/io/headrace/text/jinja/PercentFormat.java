package io.headrace.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;

/** Python's {@code text % values}. */
final class PercentFormat {
  private static final String FLAGS = "-+ #0";

  private final Run run;
  private final String format;
  private final Object values;
  private final List<Object> list;
  private int at;
  private int used;

  private PercentFormat(Run run, String format, Object values) {
    this.run = run;
    this.format = format;
    this.values = values;
    this.list = values instanceof ListValue tuple && tuple.tuple() ? tuple.items()
        : List.of(values);
  }

  static String format(Run run, String format, Object values) {
    return new PercentFormat(run, format, values).all();
  }

  private String all() {
    TextBuilder out = new TextBuilder(run);
    while (at < format.length()) {
      int percent = format.indexOf('%', at);
      if (percent < 0) {
        out.append(format.substring(at));
        break;
      }
      out.append(format.substring(at, percent));
      at = percent + 1;
      out.append(one());
    }
    // Python takes whatever has items, save tuples and texts, for a possible mapping.
    boolean tuple = values instanceof ListValue given && given.tuple();
    boolean maybeMapping = values instanceof Dict || values instanceof Range
        || values instanceof Undefined || values instanceof ListValue && !tuple;
    if (used < list.size() && !maybeMapping) {
      throw run.error("not all arguments converted during string formatting");
    }
    return out.toString();
  }

  private char peek() {
    if (at >= format.length()) {
      throw run.error("incomplete format");
    }
    return format.charAt(at);
  }

  private String one() {
    Object keyed = null;
    if (peek() == '(') {
      int close = format.indexOf(')', at);
      if (close < 0 || !(values instanceof Dict dict)) {
        throw run.error(close < 0 ? "incomplete format key" : "format requires a mapping");
      }
      String key = format.substring(at + 1, close);
      keyed = dict.get(run, key);
      if (keyed == null) {
        throw run.error("the format's key '" + key + "' is missing");
      }
      at = close + 1;
    }
    String flags = "";
    while (FLAGS.indexOf(peek()) >= 0) {
      flags += format.charAt(at++);
      if (flags.length() > 16) {
        throw run.error("unsupported format");
      }
    }
    long width = number(0);
    if (width < 0) {
      flags += "-";
      width = -width;
    }
    long precision = -1;
    if (peek() == '.') {
      at++;
      precision = Math.max(0, number(0));
    }
    while (peek() == 'h' || peek() == 'l' || peek() == 'L') {
      at++;
    }
    char code = format.charAt(at++);
    if (code == '%') {
      return "%";
    }
    return converted(code, keyed != null ? keyed : next(), flags, width, precision);
  }

  private long number(long standard) {
    if (peek() == '*') {
      at++;
      Object value = next();
      if (!Numbers.isWhole(value)) {
        throw run.error("* wants int");
      }
      return Math.clamp(Numbers.clamp(value), -Integer.MAX_VALUE, Integer.MAX_VALUE);
    }
    long number = standard;
    while (peek() >= '0' && peek() <= '9') {
      number = Math.min(Integer.MAX_VALUE, number * 10 + format.charAt(at++) - '0');
    }
    return number;
  }

  private Object next() {
    if (used >= list.size()) {
      throw run.error("not enough arguments for format string");
    }
    return list.get(used++);
  }

  private String converted(char code, Object value, String flags, long width, long precision) {
    String sign = "";
    String body;
    boolean numeric = true;
    switch (code) {
      case 's', 'r', 'a' -> {
        String text = code == 's' ? Printing.text(run, value) : Printing.repr(run, value);
        body = precision >= 0 && precision < Chars.length(text)
            ? text.substring(0, text.offsetByCodePoints(0, (int) precision)) : text;
        numeric = false;
      }
      case 'c' -> {
        body = character(value);
        numeric = false;
      }
      case 'd', 'i', 'u', 'x', 'X', 'o' -> {
        BigInteger whole = whole(code, value);
        sign = whole.signum() < 0 ? "-" : "";
        int radix = code == 'o' ? 8 : (code | 32) == 'x' ? 16 : 10;
        body = whole.abs().toString(radix);
        if (precision > body.length()) {
          run.chars(precision);
          body = "0".repeat((int) precision - body.length()) + body;
        }
        if (flags.contains("#") && radix != 10) {
          sign += radix == 8 ? "0o" : "0x";
        }
        if (code == 'X') {
          body = body.toUpperCase(Locale.ROOT);
          sign = sign.toUpperCase(Locale.ROOT);
        }
      }
      case 'e', 'E', 'f', 'F', 'g', 'G' -> {
        if (!Numbers.isNumber(value)) {
          throw run.error("must be real number, not " + Types.name(value));
        }
        double real = Numbers.toDouble(run, value);
        sign = real < 0 || 1 / real < 0 ? "-" : "";
        body = NumberText.of(run, real, (char) (code | 32), precision < 0 ? 6 : (int) precision,
            flags.contains("#"));
        body = code < 'a' ? body.toUpperCase(Locale.ROOT) : body;
      }
      default -> throw run.error("unsupported format character '" + code + "'");
    }
    if (numeric && !sign.startsWith("-")) {
      sign = (flags.contains("+") ? "+" : flags.contains(" ") ? " " : "") + sign;
    }
    long missing = width - sign.length() - Chars.length(body);
    if (missing <= 0) {
      return sign + body;
    }
    run.chars(width);
    String fill = (numeric && flags.contains("0") && !flags.contains("-") ? "0" : " ")
        .repeat((int) missing);
    return flags.contains("-") ? sign + body + fill
        : numeric && flags.contains("0") ? sign + fill + body : fill + sign + body;
  }

  private String character(Object value) {
    if (value instanceof String text && Chars.length(text) == 1) {
      return text;
    }
    long code = Numbers.isWhole(value) ? Numbers.clamp(value) : -1;
    if (code < 0 || code > Character.MAX_CODE_POINT) {
      throw run.error("%c requires an int in the range of code points, or one character");
    }
    return Character.toString((int) code);
  }

  private BigInteger whole(char code, Object value) {
    if (Numbers.isWhole(value)) {
      return Numbers.big(value);
    }
    if (value instanceof Double real && code != 'x' && code != 'X' && code != 'o'
        && Double.isFinite(real)) {
      return new BigDecimal(real).toBigInteger();
    }
    throw run.error("%" + code + " format: an integer is required, not " + Types.name(value));
  }
}
