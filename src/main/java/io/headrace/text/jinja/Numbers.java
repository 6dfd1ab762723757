package io.headrace.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * Python's numbers: whole ones are {@link Long} where they fit and {@link BigInteger} where not,
 * booleans count as 0 and 1.
 */
final class Numbers {
  /** Longest number Python reads. */
  static final int MAX_DIGITS = 4_300;

  private Numbers() {}

  static boolean isWhole(Object value) {
    return value instanceof Long || value instanceof BigInteger || value instanceof Boolean;
  }

  static boolean isNumber(Object value) {
    return isWhole(value) || value instanceof Double;
  }

  static Object narrow(BigInteger value) {
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  /** A whole number. */
  static BigInteger big(Object whole) {
    return switch (whole) {
      case BigInteger big -> big;
      case Boolean flag -> flag ? BigInteger.ONE : BigInteger.ZERO;
      default -> BigInteger.valueOf((Long) whole);
    };
  }

  static double toDouble(Run run, Object number) {
    double value = switch (number) {
      case Double d -> d;
      case Long l -> l;
      case Boolean flag -> flag ? 1 : 0;
      default -> ((BigInteger) number).doubleValue();
    };
    if (Double.isInfinite(value) && number instanceof BigInteger) {
      throw run.error("int too large to convert to float");
    }
    return value;
  }

  /**
   * A whole number of at most 64 bits; larger ones saturate, which no length or index can tell from
   * the truth.
   */
  static long clamp(Object whole) {
    return switch (whole) {
      case Long l -> l;
      case Boolean flag -> flag ? 1 : 0;
      default -> ((BigInteger) whole).signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    };
  }

  /** {@code int(text, base)}, or null where the text is no such number. */
  static @Nullable Object parseWhole(String text, int base) {
    String digits = text.strip();
    boolean negative = digits.startsWith("-");
    if (negative || digits.startsWith("+")) {
      digits = digits.substring(1);
    }
    int radix = base;
    String prefix = digits.length() > 1 && digits.charAt(0) == '0'
        ? digits.substring(1, 2).toLowerCase(java.util.Locale.ROOT)
        : "";
    int prefixed = switch (prefix) {
      case "x" -> 16;
      case "o" -> 8;
      case "b" -> 2;
      default -> 0;
    };
    if (prefixed != 0 && (base == prefixed || base == 0)) {
      radix = prefixed;
      digits = digits.substring(2);
    } else if (base == 0) {
      radix = 10;
    }
    if (radix < 2 || radix > 36 || !underscoresStandBetweenDigits(digits)) {
      return null;
    }
    String plain = digits.replace("_", "");
    if (plain.isEmpty() || plain.length() > MAX_DIGITS
        || plain.startsWith("-") || plain.startsWith("+")) {
      return null;
    }
    try {
      BigInteger value = new BigInteger(plain, radix);
      return narrow(negative ? value.negate() : value);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static boolean underscoresStandBetweenDigits(String digits) {
    return !digits.startsWith("_") && !digits.endsWith("_") && !digits.contains("__");
  }

  /** {@code float(text)}, or null where the text is no number. */
  static @Nullable Double parseDouble(String text) {
    String plain = text.strip();
    if (plain.length() > MAX_DIGITS || !underscoresStandBetweenDigits(plain)) {
      return null;
    }
    plain = plain.replace("_", "");
    String unsigned = plain.startsWith("-") || plain.startsWith("+") ? plain.substring(1) : plain;
    double value;
    switch (unsigned.toLowerCase(java.util.Locale.ROOT)) {
      case "inf", "infinity" -> value = Double.POSITIVE_INFINITY;
      case "nan" -> value = Double.NaN;
      default -> {
        for (int i = 0; i < unsigned.length(); i++) {
          if ("0123456789.eE+-".indexOf(unsigned.charAt(i)) < 0) {
            return null;
          }
        }
        try {
          value = Double.parseDouble(unsigned);
        } catch (NumberFormatException e) {
          return null;
        }
        if (unsigned.startsWith("-") || unsigned.startsWith("+")) {
          return null;
        }
      }
    }
    return plain.startsWith("-") ? -value : value;
  }

  /** The whole part of a finite number. */
  static Object truncate(Run run, double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      throw run.error("cannot convert float " + (Double.isNaN(value) ? "NaN" : "infinity")
          + " to integer");
    }
    return narrow(new BigDecimal(value).toBigInteger());
  }

  /** The shortest text that reads back as the same number, as Python's {@code repr} writes it. */
  static String repr(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal shortest = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    if (shortest.precision() == 2) {
      // Java wants two digits even where one is enough (5e-324).
      BigDecimal one = shortest.round(new java.math.MathContext(1, RoundingMode.HALF_EVEN));
      shortest = one.doubleValue() == value ? one.stripTrailingZeros() : shortest;
    }
    String sign = value < 0 ? "-" : "";
    String digits = shortest.unscaledValue().abs().toString();
    int exponent = digits.length() - 1 - shortest.scale();
    if (exponent < -4 || exponent >= 16) {
      String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
      String power = Integer.toString(Math.abs(exponent));
      return sign + digits.charAt(0) + fraction + (exponent < 0 ? "e-" : "e+")
          + (power.length() < 2 ? "0" : "") + power;
    }
    String plain = shortest.abs().toPlainString();
    return sign + (plain.indexOf('.') < 0 ? plain + ".0" : plain);
  }
}
