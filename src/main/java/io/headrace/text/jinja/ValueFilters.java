package io.headrace.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters on single values: defaults, numbers, JSON, attributes. */
final class ValueFilters {
  private ValueFilters() {}

  static void addTo(Map<String, Filters.Filter> all) {
    all.put("default", ValueFilters::standard);
    all.put("d", ValueFilters::standard);
    all.put("tojson", ValueFilters::json);
    all.put("int", ValueFilters::whole);
    all.put("float", ValueFilters::real);
    all.put("abs", ValueFilters::absolute);
    all.put("round", ValueFilters::round);
    all.put("attr", ValueFilters::attribute);
  }

  private static Object standard(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given = arguments.bind(run, "default", "default_value", "boolean");
    boolean replaced = value instanceof Undefined
        || given.truth(1, false) && !Compare.truth(run, value);
    return replaced ? given.value(0, "") : value;
  }

  private static Object json(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given = arguments.bind(run, "tojson", "ensure_ascii", "indent",
        "separators", "sort_keys");
    String indent = null;
    if (given.given(1)) {
      indent = given.required(1) instanceof String text ? text
          : StringMethods.pad(run, "", given.whole(1), " ", "ljust");
    }
    String itemSeparator = indent == null ? ", " : ",";
    String keySeparator = ": ";
    if (given.given(2)) {
      List<Object> separators = Iteration.toList(run, given.required(2));
      if (separators.size() != 2 || !(separators.get(0) instanceof String items)
          || !(separators.get(1) instanceof String keys)) {
        throw run.error("tojson needs two strings as 'separators'");
      }
      itemSeparator = items;
      keySeparator = keys;
    }
    return new Json(given.truth(0, false), indent, itemSeparator, keySeparator,
        given.truth(3, false)).write(run, value);
  }

  private static Object whole(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given = arguments.bind(run, "int", "default", "base");
    Object standard = given.value(0, 0L);
    switch (value) {
      case Undefined undefined -> throw run.error(undefined.reason());
      case String text -> {
        run.read(text);
        Object parsed = Numbers.parseWhole(text, Math.clamp(given.whole(1, 10), 0, 99));
        if (parsed != null) {
          return parsed;
        }
        Double real = Numbers.parseDouble(text);
        return real == null || !Double.isFinite(real) ? standard : Numbers.truncate(run, real);
      }
      case Double real -> {
        return real.isNaN() ? standard : Numbers.truncate(run, real);
      }
      default -> {
        return Numbers.isWhole(value) ? Numbers.narrow(Numbers.big(value)) : standard;
      }
    }
  }

  private static Object real(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    Object standard = arguments.bind(run, "float", "default").value(0, 0.0);
    switch (value) {
      case Undefined undefined -> throw run.error(undefined.reason());
      case String text -> {
        run.read(text);
        Double parsed = Numbers.parseDouble(text);
        return parsed == null ? standard : parsed;
      }
      default -> {
        return Numbers.isNumber(value) ? Numbers.toDouble(run, value) : standard;
      }
    }
  }

  private static Object absolute(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    arguments.bind(run, "abs");
    if (value instanceof Double real) {
      return Math.abs(real);
    }
    if (value instanceof Undefined undefined) {
      throw run.error(undefined.reason());
    }
    if (!Numbers.isWhole(value)) {
      throw run.error("bad operand type for abs(): '" + Types.name(value) + "'");
    }
    return Numbers.narrow(Numbers.big(value).abs());
  }

  private static Object round(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given = arguments.bind(run, "round", "precision", "method");
    String method = given.text(1, "common");
    if (!List.of("common", "ceil", "floor").contains(method)) {
      throw run.error("method must be common, ceil or floor");
    }
    if (value instanceof Undefined undefined) {
      throw run.error(undefined.reason());
    }
    if (!Numbers.isNumber(value)) {
      throw run.error("a " + Types.name(value) + " cannot be rounded");
    }
    int precision = Math.clamp(given.whole(0, 0), -400, 400);
    if (method.equals("common")) {
      return Numbers.isWhole(value) ? roundWhole(run, Numbers.big(value), precision)
          : roundReal(run, (Double) value, precision);
    }
    if (Numbers.isWhole(value) && precision >= 0) {
      return Numbers.toDouble(run, value);
    }
    double power = Math.pow(10, precision);
    double scaled = Numbers.toDouble(run, value) * power;
    if (!Double.isFinite(scaled) || power == 0) {
      throw run.error("the number cannot be rounded to that precision");
    }
    return (method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled)) / power;
  }

  private static Object roundWhole(Run run, BigInteger value, int precision) {
    run.bits(value.bitLength());
    return precision >= 0 ? Numbers.narrow(value)
        : Numbers.narrow(new BigDecimal(value).setScale(precision, RoundingMode.HALF_EVEN)
            .toBigInteger());
  }

  private static double roundReal(Run run, double value, int precision) {
    if (!Double.isFinite(value) || value == 0) {
      return value;
    }
    run.work(16);
    double rounded = new BigDecimal(value).setScale(precision, RoundingMode.HALF_EVEN)
        .doubleValue();
    if (Double.isInfinite(rounded)) {
      throw run.error("rounded value too large to represent");
    }
    return Math.copySign(rounded, value);
  }

  private static Object attribute(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    String name = arguments.bind(run, "attr", "name").text(0);
    if (value instanceof Undefined undefined) {
      throw run.error(undefined.reason());
    }
    @Nullable Object found = Lookup.ownAttribute(value, name);
    return found != null ? found
        : new Undefined("'" + Types.name(value) + " object' has no attribute '" + name + "'");
  }
}
