package io.headrace.text.jinja;

import java.math.BigInteger;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Python's {@code text.format(...)}: fields by position or name, with lookups, conversions and
 * format specifications.
 */
final class BraceFormat {
  private static final Pattern SPEC = Pattern.compile(
      "(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\\d{0,30})([,_])?(?:\\.(\\d{1,30}))?([a-zA-Z%])?",
      Pattern.DOTALL);

  private final Run run;
  private final CallArguments arguments;
  private int automatic;

  private BraceFormat(Run run, CallArguments arguments) {
    this.run = run;
    this.arguments = arguments;
  }

  static String format(Run run, String format, CallArguments arguments) {
    return new BraceFormat(run, arguments).all(format, 2);
  }

  private String all(String format, int levels) {
    if (levels == 0) {
      throw run.error("Max string recursion exceeded");
    }
    TextBuilder out = new TextBuilder(run);
    int i = 0;
    while (i < format.length()) {
      char c = format.charAt(i);
      if ((c == '{' || c == '}') && i + 1 < format.length() && format.charAt(i + 1) == c) {
        out.append(c);
        i += 2;
      } else if (c == '{') {
        int close = close(format, i);
        out.append(field(format.substring(i + 1, close), levels));
        i = close + 1;
      } else if (c == '}') {
        throw run.error("Single '}' encountered in format string");
      } else {
        out.append(c);
        i++;
      }
    }
    return out.toString();
  }

  private int close(String format, int open) {
    int depth = 0;
    for (int i = open; i < format.length(); i++) {
      depth += format.charAt(i) == '{' ? 1 : format.charAt(i) == '}' ? -1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    throw run.error("Single '{' encountered in format string");
  }

  private String field(String field, int levels) {
    int colon = field.indexOf(':');
    String name = colon < 0 ? field : field.substring(0, colon);
    String spec = colon < 0 ? "" : all(field.substring(colon + 1), levels - 1);
    int bang = name.indexOf('!');
    String conversion = bang < 0 ? "" : name.substring(bang + 1);
    Object value = value(bang < 0 ? name : name.substring(0, bang));
    value = switch (conversion) {
      case "" -> value;
      case "s" -> Printing.text(run, value);
      case "r", "a" -> Printing.repr(run, value);
      default -> throw run.error("Unknown conversion specifier '" + conversion + "'");
    };
    return formatted(value, spec);
  }

  private Object value(String path) {
    int end = 0;
    while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
      end++;
    }
    Object value = argument(path.substring(0, end));
    while (end < path.length()) {
      boolean item = path.charAt(end) == '[';
      int next = end + 1;
      while (next < path.length()
          && (item ? path.charAt(next) != ']' : path.charAt(next) != '.'
              && path.charAt(next) != '[')) {
        next++;
      }
      String key = path.substring(end + 1, next);
      Object index = Numbers.parseWhole(key, 10);
      value = item ? Lookup.item(run, value, index == null ? key : index)
          : Lookup.attribute(run, value, key);
      end = item ? next + 1 : next;
    }
    return value;
  }

  private Object argument(String name) {
    Object index = name.isEmpty() ? (Object) (long) automatic++ : Numbers.parseWhole(name, 10);
    if (index != null) {
      long at = Numbers.clamp(index);
      if (at < 0 || at >= arguments.positional().size()) {
        throw run.error("Replacement index " + at + " out of range for positional args");
      }
      return arguments.positional().get((int) at);
    }
    Object value = arguments.named().get(name);
    if (value == null) {
      throw run.error("the format's argument '" + name + "' is missing");
    }
    return value;
  }

  private String formatted(Object value, String spec) {
    if (spec.isEmpty()) {
      return Printing.text(run, value);
    }
    Matcher match = SPEC.matcher(spec);
    boolean number = Numbers.isNumber(value);
    if (!match.matches() || !number && !(value instanceof String)) {
      throw run.error("Invalid format specifier '" + spec + "' for object of type '"
          + Types.name(value) + "'");
    }
    String sign = "";
    String body;
    int precision = match.group(8) == null ? -1 : size(match.group(8));
    char code = match.group(9) == null ? ' ' : match.group(9).charAt(0);
    boolean zero = match.group(5) != null;
    boolean grouped = match.group(7) != null;
    boolean wholeDigits = number && Numbers.isWhole(value) && "eEfFgG%".indexOf(code) < 0;
    boolean onlyForNumbers = match.group(3) != null || match.group(4) != null || grouped
        || "=".equals(match.group(2));
    // Groups of binary digits, and zeros in groups, are what Python can do and this cannot.
    if (!number && onlyForNumbers || wholeDigits && precision >= 0
        || grouped && (zero || "xXob".indexOf(code) >= 0)) {
      throw run.error("Invalid format specifier '" + spec + "' for object of type '"
          + Types.name(value) + "'");
    }
    if (number) {
      body = number(value, code, precision, match.group(4) != null);
      if (body.startsWith("-")) {
        sign = "-";
        body = body.substring(1);
      } else if (match.group(3) != null && !match.group(3).equals("-")) {
        sign = match.group(3);
      }
      if (match.group(4) != null && "xXob".indexOf(code) >= 0) {
        sign += "0" + code;
      }
      body = grouped ? NumberText.grouped(body, match.group(7).charAt(0)) : body;
    } else {
      if (code != ' ' && code != 's') {
        throw run.error("Unknown format code '" + code + "' for object of type 'str'");
      }
      String text = (String) value;
      body = precision >= 0 && precision < Chars.length(text)
          ? text.substring(0, text.offsetByCodePoints(0, precision)) : text;
    }
    String align = match.group(2) != null ? match.group(2) : number ? (zero ? "=" : ">") : "<";
    String fill = match.group(1) != null ? match.group(1) : zero ? "0" : " ";
    int width = size(match.group(6));
    return switch (align) {
      case "<" -> StringMethods.pad(run, sign + body, width, fill, "ljust");
      case ">" -> StringMethods.pad(run, sign + body, width, fill, "rjust");
      case "=" -> sign + StringMethods.pad(run, body, width - sign.length(), fill, "rjust");
      default -> centred(sign + body, width, fill);
    };
  }

  /** A width or precision; what is too large stays too large. */
  private static int size(String digits) {
    return digits.isEmpty() ? 0
        : new BigInteger(digits).min(BigInteger.valueOf(Integer.MAX_VALUE)).intValue();
  }

  /** The format's centring puts an odd rest to the right, unlike the method's. */
  private String centred(String text, int width, String fill) {
    int missing = width - Chars.length(text);
    String left = StringMethods.pad(run, text, width - (missing + 1) / 2, fill, "rjust");
    return StringMethods.pad(run, left, width, fill, "ljust");
  }

  private String number(Object value, char code, int precision, boolean alternate) {
    boolean whole = Numbers.isWhole(value);
    switch (code) {
      case 'd', 'x', 'X', 'o', 'b' -> {
        if (!whole) {
          throw run.error("Unknown format code '" + code + "' for object of type 'float'");
        }
        int radix = switch (code) {
          case 'd' -> 10;
          case 'o' -> 8;
          case 'b' -> 2;
          default -> 16;
        };
        String digits = Numbers.big(value).toString(radix);
        return code == 'X' ? digits.toUpperCase(Locale.ROOT) : digits;
      }
      case ' ' -> {
        if (whole || precision < 0) {
          return whole ? Numbers.big(value).toString() : Numbers.repr((Double) value);
        }
        double real = (Double) value;
        return sign(real) + NumberText.plain(run, real, precision, alternate);
      }
      case 'e', 'E', 'f', 'F', 'g', 'G', '%' -> {
        double real = Numbers.toDouble(run, value) * (code == '%' ? 100 : 1);
        String text = NumberText.of(run, real, code == '%' ? 'f' : (char) (code | 32),
            precision < 0 ? 6 : precision, alternate);
        String cased = Character.isUpperCase(code) ? text.toUpperCase(Locale.ROOT) : text;
        return sign(real) + cased + (code == '%' ? "%" : "");
      }
      default -> throw run.error("Unknown format code '" + code + "' for a number");
    }
  }

  private static String sign(double real) {
    return real < 0 || 1 / real < 0 ? "-" : "";
  }
}
