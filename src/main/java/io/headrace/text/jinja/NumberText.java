package io.headrace.text.jinja;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * Numbers as Python's format codes {@code e}, {@code f} and {@code g} write them, rounded from the
 * exact binary value.
 */
final class NumberText {
  private static final int MAX_PRECISION = 1_000;

  private NumberText() {}

  /**
   * Text of the magnitude; the sign is the caller's.
   *
   * @param alternate whether {@code g} keeps trailing zeros and a point is written even where no
   *     digit follows it
   */
  static String of(Run run, double value, char code, int precision, boolean alternate) {
    if (precision > MAX_PRECISION) {
      throw run.limit("a number is to have more than " + MAX_PRECISION + " decimals");
    }
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return Double.isNaN(value) ? "nan" : "inf";
    }
    run.work(16 + (precision >> 2));
    BigDecimal exact = new BigDecimal(Math.abs(value));
    String text = switch (code) {
      case 'f' -> exact.setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
      case 'e' -> scientific(exact, precision, true);
      default -> general(exact, Math.max(1, precision), Math.max(1, precision), alternate);
    };
    return alternate && text.indexOf('.') < 0 ? withPoint(text, ".") : text;
  }

  /**
   * What a format without a code makes of a float with a precision: like {@code g}, but still seen
   * to be a float.
   */
  static String plain(Run run, double value, int precision, boolean alternate) {
    if (Double.isNaN(value) || Double.isInfinite(value) || precision > MAX_PRECISION) {
      return of(run, value, 'g', precision, alternate);
    }
    run.work(16 + (precision >> 2));
    int digits = Math.max(1, precision);
    String text = general(new BigDecimal(Math.abs(value)), digits, digits - 1, alternate);
    return text.indexOf('.') >= 0 ? text
        : text.indexOf('e') < 0 ? text + ".0" : alternate ? withPoint(text, ".") : text;
  }

  private static String withPoint(String text, String point) {
    int exponent = text.indexOf('e');
    return exponent < 0 ? text + point
        : text.substring(0, exponent) + point + text.substring(exponent);
  }

  private static String general(BigDecimal exact, int digits, int longest, boolean keepsZeros) {
    if (exact.signum() == 0) {
      return keepsZeros && digits > 1 ? "0." + "0".repeat(digits - 1)
          : longest > 0 ? "0" : "0e+00";
    }
    BigDecimal rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
    int exponent = rounded.precision() - 1 - rounded.scale();
    if (exponent < -4 || exponent >= longest) {
      return scientific(exact, digits - 1, keepsZeros);
    }
    String text = rounded.setScale(digits - 1 - exponent, RoundingMode.HALF_EVEN).toPlainString();
    return keepsZeros ? text : withoutZeros(text);
  }

  private static String scientific(BigDecimal exact, int decimals, boolean keepsZeros) {
    BigDecimal rounded = exact.round(new MathContext(decimals + 1, RoundingMode.HALF_EVEN));
    int exponent = exact.signum() == 0 ? 0 : rounded.precision() - 1 - rounded.scale();
    String text = rounded.movePointLeft(exponent).setScale(decimals, RoundingMode.HALF_EVEN)
        .toPlainString();
    String power = Integer.toString(Math.abs(exponent));
    return (keepsZeros ? text : withoutZeros(text)) + (exponent < 0 ? "e-" : "e+")
        + (power.length() < 2 ? "0" : "") + power;
  }

  private static String withoutZeros(String text) {
    if (text.indexOf('.') < 0) {
      return text;
    }
    int end = text.length();
    while (text.charAt(end - 1) == '0') {
      end--;
    }
    return text.substring(0, text.charAt(end - 1) == '.' ? end - 1 : end);
  }

  /** Puts a separator between groups of three digits of the whole part. */
  static String grouped(String text, char separator) {
    int end = 0;
    while (end < text.length() && Character.isDigit(text.charAt(end))) {
      end++;
    }
    StringBuilder out = new StringBuilder(text);
    for (int at = end - 3; at > 0; at -= 3) {
      out.insert(at, separator);
    }
    return out.toString();
  }
}
