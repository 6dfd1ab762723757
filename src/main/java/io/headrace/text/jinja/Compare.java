package io.headrace.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Truth, equality, order and membership as Python has them. */
final class Compare {
  private Compare() {}

  static boolean truth(Run run, Object value) {
    return switch (value) {
      case Boolean flag -> flag;
      case String text -> !text.isEmpty();
      case None none -> false;
      case Undefined undefined -> false;
      case Long number -> number != 0;
      case BigInteger number -> number.signum() != 0;
      case Double number -> number != 0;
      case ListValue list -> !list.items().isEmpty();
      case Dict dict -> dict.size() > 0;
      case DictView view -> view.dict().size() > 0;
      case Range range -> range.size() > 0;
      default -> true;
    };
  }

  static boolean equal(Run run, Object a, Object b) {
    if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
      return numberOrder(a, b) == 0;
    }
    if (a instanceof String x && b instanceof String y) {
      run.read(x);
      return x.equals(y);
    }
    if (a == b) {
      return true;
    }
    ListValue x = sequence(a);
    ListValue y = sequence(b);
    if (x != null && y != null) {
      return x.tuple() == y.tuple() && itemsEqual(run, x.items(), y.items());
    }
    if (a instanceof Dict left && b instanceof Dict right) {
      return dictsEqual(run, left, right);
    }
    return switch (a) {
      case Undefined undefined -> b instanceof Undefined;
      case Range range -> b instanceof Range other && rangesEqual(range, other);
      case DictView view -> b instanceof DictView other && viewsEqual(run, view, other);
      case Callable.Method method -> b instanceof Callable.Method other
          && method.receiver() == other.receiver() && method.name().equals(other.name());
      default -> false;
    };
  }

  private static @Nullable ListValue sequence(Object value) {
    return switch (value) {
      case ListValue list -> list;
      case Group group -> group.pair();
      default -> null;
    };
  }

  private static boolean itemsEqual(Run run, List<Object> a, List<Object> b) {
    if (a.size() != b.size()) {
      return false;
    }
    run.enter();
    for (int i = 0; i < a.size(); i++) {
      run.work(1);
      // Python compares elements by identity first, so a list with NaN equals itself.
      if (a.get(i) != b.get(i) && !equal(run, a.get(i), b.get(i))) {
        return false;
      }
    }
    run.leave();
    return true;
  }

  private static boolean dictsEqual(Run run, Dict a, Dict b) {
    if (a.size() != b.size()) {
      return false;
    }
    run.enter();
    for (Dict.Entry entry : a.entries()) {
      run.work(1);
      Object other = b.get(run, entry.key());
      if (other == null || other != entry.value() && !equal(run, entry.value(), other)) {
        return false;
      }
    }
    run.leave();
    return true;
  }

  private static boolean rangesEqual(Range a, Range b) {
    return a.size() == b.size() && (a.size() == 0
        || a.start() == b.start() && (a.size() == 1 || a.step() == b.step()));
  }

  private static boolean viewsEqual(Run run, DictView a, DictView b) {
    if (a.kind() != b.kind() || a.kind() == DictView.Kind.VALUES
        || a.dict().size() != b.dict().size()) {
      return false;
    }
    if (a.kind() == DictView.Kind.ITEMS) {
      return dictsEqual(run, a.dict(), b.dict());
    }
    return a.dict().entries().stream().allMatch(e -> b.dict().get(run, e.key()) != null);
  }

  /**
   * Order of two numbers, exact between whole numbers and floats; null where one is not a number
   * (NaN).
   */
  private static @Nullable Integer orderOfNumbers(Object a, Object b) {
    if (a instanceof Long x && b instanceof Long y) {
      return Long.compare(x, y);
    }
    if (!(a instanceof Double) && !(b instanceof Double)) {
      return Numbers.big(a).compareTo(Numbers.big(b));
    }
    if (a instanceof Double x && b instanceof Double y) {
      return x.isNaN() || y.isNaN() ? null : x < y ? -1 : x > y ? 1 : 0;
    }
    if (b instanceof Double y) {
      if (y.isNaN()) {
        return null;
      }
      return y.isInfinite() ? (y > 0 ? -1 : 1)
          : new BigDecimal(Numbers.big(a)).compareTo(new BigDecimal(y));
    }
    Integer reversed = orderOfNumbers(b, a);
    return reversed == null ? null : -reversed;
  }

  /** Like {@link #orderOfNumbers}, with 2 for no order at all. */
  private static int numberOrder(Object a, Object b) {
    Integer order = orderOfNumbers(a, b);
    return order == null ? 2 : order;
  }

  /** Whether {@code a OP b} for one of {@code < <= > >=}. */
  static boolean ordered(Run run, String operator, Object a, Object b) {
    if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
      int order = numberOrder(a, b);
      return order != 2 && holds(operator, order);
    }
    if (a instanceof String x && b instanceof String y) {
      run.read(x);
      return holds(operator, Chars.compare(x, y));
    }
    failOnUndefined(run, a, b);
    ListValue x = sequence(a);
    ListValue y = sequence(b);
    if (x != null && y != null && x.tuple() == y.tuple()) {
      run.enter();
      int shorter = Math.min(x.items().size(), y.items().size());
      for (int i = 0; i < shorter; i++) {
        Object left = x.items().get(i);
        Object right = y.items().get(i);
        if (left != right && !equal(run, left, right)) {
          boolean result = ordered(run, operator, left, right);
          run.leave();
          return result;
        }
      }
      run.leave();
      return holds(operator, Integer.compare(x.items().size(), y.items().size()));
    }
    throw run.error("'" + operator + "' not supported between instances of '" + Types.name(a)
        + "' and '" + Types.name(b) + "'");
  }

  private static boolean holds(String operator, int order) {
    return switch (operator) {
      case "<" -> order < 0;
      case "<=" -> order <= 0;
      case ">" -> order > 0;
      default -> order >= 0;
    };
  }

  static void failOnUndefined(Run run, Object a, Object b) {
    if (a instanceof Undefined undefined) {
      throw run.error(undefined.reason());
    }
    if (b instanceof Undefined undefined) {
      throw run.error(undefined.reason());
    }
  }

  /** Whether {@code item in container}. */
  static boolean contains(Run run, Object container, Object item) {
    switch (container) {
      case String text -> {
        if (item instanceof String part) {
          run.read(text);
          run.work((long) text.length() * Math.min(64, part.length()) >> 10);
          return Chars.indexOf(text, part, 0) >= 0;
        }
        throw run.error("'in <string>' requires string as left operand, not "
            + Types.name(item));
      }
      case Dict dict -> {
        return dict.get(run, item) != null;
      }
      case DictView view when view.kind() == DictView.Kind.KEYS -> {
        return view.dict().get(run, item) != null;
      }
      case ListValue list -> { }
      case Group group -> { }
      case DictView view -> { }
      case Range range -> { }
      case Stream stream -> { }
      case Undefined undefined -> { }
      default -> throw run.error("argument of type '" + Types.name(container)
          + "' is not iterable");
    }
    Iterator<Object> items = Iteration.of(run, container);
    while (items.hasNext()) {
      run.work(1);
      Object next = items.next();
      if (next == item || equal(run, next, item)) {
        return true;
      }
    }
    return false;
  }

  /** What a value is sorted by. */
  interface Key {
    Object of(Object value);
  }

  /**
   * Sorts as Python does: stable, by {@code <} alone, reversed without swapping equals. A merge of
   * our own, because the JDK's sort refuses an order that NaN makes inconsistent.
   */
  static List<Object> sorted(Run run, List<Object> items, Key key, boolean reverse) {
    int n = run.elements(items.size());
    List<Object[]> from = new ArrayList<>(n);
    for (Object item : items) {
      from.add(new Object[] {key.of(item), item});
    }
    for (int width = 1; width < n; width *= 2) {
      run.elements(n);
      List<Object[]> to = new ArrayList<>(n);
      for (int start = 0; start < n; start += 2 * width) {
        int middle = Math.min(start + width, n);
        int end = Math.min(middle + width, n);
        int left = start;
        int right = middle;
        while (left < middle || right < end) {
          boolean takeRight = left == middle || right < end && (reverse
              ? ordered(run, "<", from.get(left)[0], from.get(right)[0])
              : ordered(run, "<", from.get(right)[0], from.get(left)[0]));
          to.add(from.get(takeRight ? right++ : left++));
        }
      }
      from = to;
    }
    List<Object> sorted = new ArrayList<>(n);
    from.forEach(pair -> sorted.add(pair[1]));
    return sorted;
  }
}
