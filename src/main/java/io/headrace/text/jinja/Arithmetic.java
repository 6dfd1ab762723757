package io.headrace.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/** Python's arithmetic, on numbers and on texts and lists where Python has it. */
final class Arithmetic {
  private Arithmetic() {}

  static Object apply(Run run, String operator, Object a, Object b) {
    if (operator.equals("%") && a instanceof String format) {
      return PercentFormat.format(run, format, b);
    }
    Compare.failOnUndefined(run, a, b);
    if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
      return a instanceof Double || b instanceof Double
          ? floats(run, operator, Numbers.toDouble(run, a), Numbers.toDouble(run, b))
          : wholes(run, operator, a, b);
    }
    if (operator.equals("+")) {
      if (a instanceof String x && b instanceof String y) {
        run.chars((long) x.length() + y.length());
        return x + y;
      }
      if (a instanceof ListValue x && b instanceof ListValue y && x.tuple() == y.tuple()) {
        List<Object> items =
            new ArrayList<>(run.elements((long) x.items().size() + y.items().size()));
        items.addAll(x.items());
        items.addAll(y.items());
        return x.withItems(items);
      }
      if (a instanceof String || a instanceof ListValue) {
        throw run.error("can only concatenate " + Types.name(a) + " (not \"" + Types.name(b)
            + "\") to " + Types.name(a));
      }
    }
    if (operator.equals("*")) {
      if (isRepeatable(a) && Numbers.isWhole(b)) {
        return repeat(run, a, Numbers.clamp(b));
      }
      if (isRepeatable(b) && Numbers.isWhole(a)) {
        return repeat(run, b, Numbers.clamp(a));
      }
    }
    throw run.error("unsupported operand type(s) for " + operator + ": '" + Types.name(a)
        + "' and '" + Types.name(b) + "'");
  }

  private static boolean isRepeatable(Object value) {
    return value instanceof String || value instanceof ListValue;
  }

  private static Object repeat(Run run, Object value, long times) {
    long count = Math.max(0, times);
    if (value instanceof String text) {
      if (text.isEmpty()) {
        return text;
      }
      run.chars(product(text.length(), count));
      return text.repeat((int) count);
    }
    ListValue list = (ListValue) value;
    if (list.items().isEmpty()) {
      return list;
    }
    List<Object> items = new ArrayList<>(run.elements(product(list.items().size(), count)));
    for (long i = 0; i < count; i++) {
      items.addAll(list.items());
    }
    return list.withItems(items);
  }

  private static long product(int size, long count) {
    return count > Integer.MAX_VALUE ? Long.MAX_VALUE : size * count;
  }

  static Object negative(Run run, Object value) {
    return switch (value) {
      case Double number -> -number;
      case Undefined undefined -> throw run.error(undefined.reason());
      default -> {
        if (!Numbers.isWhole(value)) {
          throw run.error("bad operand type for unary -: '" + Types.name(value) + "'");
        }
        yield Numbers.narrow(Numbers.big(value).negate());
      }
    };
  }

  static Object positive(Run run, Object value) {
    if (value instanceof Undefined undefined) {
      throw run.error(undefined.reason());
    }
    if (!Numbers.isNumber(value)) {
      throw run.error("bad operand type for unary +: '" + Types.name(value) + "'");
    }
    return value instanceof Boolean ? Numbers.narrow(Numbers.big(value)) : value;
  }

  private static Object wholes(Run run, String operator, Object a, Object b) {
    BigInteger x = Numbers.big(a);
    BigInteger y = Numbers.big(b);
    switch (operator) {
      case "+", "-" -> {
        run.bits(Math.max(x.bitLength(), y.bitLength()) + 1L);
        return Numbers.narrow(operator.equals("+") ? x.add(y) : x.subtract(y));
      }
      case "*" -> {
        run.bits((long) x.bitLength() + y.bitLength());
        return Numbers.narrow(x.multiply(y));
      }
      case "**" -> {
        return power(run, x, y);
      }
      default -> { }
    }
    if (y.signum() == 0) {
      throw run.error(operator.equals("/") ? "division by zero"
          : "integer division or modulo by zero");
    }
    if (operator.equals("/")) {
      if (x.bitLength() < 53 && y.bitLength() < 53) {
        return x.doubleValue() / y.doubleValue();
      }
      double exact = new BigDecimal(x).divide(new BigDecimal(y), new MathContext(60)).doubleValue();
      if (Double.isInfinite(exact)) {
        throw run.error("integer division result too large for a float");
      }
      return exact;
    }
    BigInteger[] parts = x.divideAndRemainder(y);
    boolean floors = parts[1].signum() != 0 && parts[1].signum() != y.signum();
    if (operator.equals("//")) {
      return Numbers.narrow(floors ? parts[0].subtract(BigInteger.ONE) : parts[0]);
    }
    return Numbers.narrow(floors ? parts[1].add(y) : parts[1]);
  }

  private static Object power(Run run, BigInteger base, BigInteger exponent) {
    if (exponent.signum() < 0) {
      return floats(run, "**", base.doubleValue(), exponent.doubleValue());
    }
    if (base.abs().bitLength() <= 1) {
      boolean keepsSign = base.signum() < 0 && exponent.testBit(0);
      boolean zero = base.signum() == 0 && exponent.signum() > 0;
      return zero ? 0L : keepsSign ? -1L : 1L;
    }
    run.bits(exponent.bitLength() > 31 ? Long.MAX_VALUE
        : base.abs().bitLength() * exponent.longValue());
    return Numbers.narrow(base.pow(exponent.intValue()));
  }

  private static Object floats(Run run, String operator, double x, double y) {
    switch (operator) {
      case "+" -> {
        return x + y;
      }
      case "-" -> {
        return x - y;
      }
      case "*" -> {
        return x * y;
      }
      case "**" -> {
        if (x == 0 && y < 0) {
          throw run.error("0.0 cannot be raised to a negative power");
        }
        if (x < 0 && Double.isFinite(x) && Double.isFinite(y) && y != Math.rint(y)) {
          throw run.error("a negative number cannot be raised to a fractional power");
        }
        double power = x == 1 || x == -1 && Double.isInfinite(y) ? 1 : Math.pow(x, y);
        if (Double.isInfinite(power) && Double.isFinite(x) && Double.isFinite(y)) {
          throw run.error("the result of ** is too large for a float");
        }
        return power;
      }
      default -> { }
    }
    if (y == 0) {
      throw run.error(operator.equals("/") ? "float division by zero" : "float modulo by zero");
    }
    if (operator.equals("/")) {
      return x / y;
    }
    double rest = x % y;
    double quotient = (x - rest) / y;
    if (rest == 0) {
      rest = Math.copySign(0.0, y);
    } else if (rest < 0 != y < 0) {
      rest += y;
      quotient -= 1;
    }
    if (operator.equals("%")) {
      return rest;
    }
    double floor = Math.floor(quotient);
    double result = quotient - floor > 0.5 ? floor + 1 : floor;
    return quotient == 0 ? Math.copySign(0.0, x / y) : result;
  }
}
