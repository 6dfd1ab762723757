package io.headrace.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Brings a caller's values into a template: copies, so that nothing the caller changes later is
 * seen.
 */
final class ContextValues {
  private ContextValues() {}

  static Object from(Run run, @Nullable Object value) {
    return switch (value) {
      case null -> None.NONE;
      case String text -> text;
      case Boolean flag -> flag;
      case Long number -> number;
      case Integer number -> number.longValue();
      case Short number -> number.longValue();
      case BigInteger number -> {
        run.bits(number.bitLength());
        yield Numbers.narrow(number);
      }
      case Double number -> number;
      case Float number -> Double.valueOf(number.toString());
      case BigDecimal number -> number.doubleValue();
      case Map<?, ?> map -> {
        run.enter();
        run.elements(map.size());
        Dict dict = new Dict(map.size());
        map.forEach((key, part) -> dict.put(run, String.valueOf(key), from(run, part)));
        run.leave();
        yield dict;
      }
      case List<?> list -> {
        run.enter();
        List<Object> items = new ArrayList<>(run.elements(list.size()));
        list.forEach(part -> items.add(from(run, part)));
        run.leave();
        yield ListValue.list(items);
      }
      default -> throw new IllegalArgumentException("a template cannot be given a "
          + value.getClass().getName() + "; give texts, numbers, booleans, lists and maps");
    };
  }
}
