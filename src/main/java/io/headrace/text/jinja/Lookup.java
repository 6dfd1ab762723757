package io.headrace.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Attributes, items and slices. What is missing, or not safe to touch, is undefined. */
final class Lookup {
  private static final Set<String> DICT_METHODS = Set.of("get", "items", "keys", "values", "copy");
  private static final Set<String> DICT_CHANGES =
      Set.of("clear", "pop", "popitem", "setdefault", "update", "fromkeys");
  private static final Set<String> LIST_METHODS = Set.of("index", "count", "copy");
  private static final Set<String> LIST_CHANGES =
      Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");

  private Lookup() {}

  /** {@code value.name}: a method or attribute, else an item. */
  static Object attribute(Run run, Object value, String name) {
    if (value instanceof Undefined undefined) {
      throw run.error(undefined.reason());
    }
    Object found = ownAttribute(value, name);
    if (found == null) {
      found = itemOrNull(run, value, name);
    }
    return found == null ? missing(value, name) : found;
  }

  /** {@code value[key]}: an item, else an attribute where the key is a text. */
  static Object item(Run run, Object value, Object key) {
    if (value instanceof Undefined undefined) {
      throw run.error(undefined.reason());
    }
    Object found = itemOrNull(run, value, key);
    if (found == null && key instanceof String name) {
      found = ownAttribute(value, name);
    }
    return found == null ? missing(value, key) : found;
  }

  private static Undefined missing(Object value, Object key) {
    String owner = value == None.NONE ? "'None'" : "'" + Types.name(value) + " object'";
    return new Undefined(key instanceof String name ? owner + " has no attribute '" + name + "'"
        : Types.name(value) + " object has no element "
            + (Numbers.isNumber(key) ? key.toString() : "of type " + Types.name(key)));
  }

  /** An attribute by its Python name; never an item. */
  static @Nullable Object ownAttribute(Object value, String name) {
    return switch (value) {
      case String text when StringMethods.NAMES.contains(name) -> new Callable.Method(value, name);
      case Dict dict -> method(value, name, DICT_METHODS, DICT_CHANGES);
      case ListValue list when list.tuple() ->
          name.equals("copy") ? null : method(value, name, LIST_METHODS, Set.of());
      case ListValue list -> method(value, name, LIST_METHODS, LIST_CHANGES);
      case Group group -> switch (name) {
        case "grouper" -> group.grouper();
        case "list" -> group.members();
        default -> null;
      };
      case Range range -> switch (name) {
        case "start" -> range.start();
        case "stop" -> range.stop();
        case "step" -> range.step();
        default -> null;
      };
      case Namespace namespace -> namespace.variables().get(name);
      case LoopState loop -> loop.attribute(name);
      case Macro macro when name.equals("name") -> macro.code().name();
      default -> null;
    };
  }

  private static @Nullable Object method(Object value, String name, Set<String> methods,
      Set<String> changes) {
    if (methods.contains(name)) {
      return new Callable.Method(value, name);
    }
    return changes.contains(name)
        ? new Undefined("'" + name + "' of a " + Types.name(value)
            + " cannot be used: values are immutable in a chat template")
        : null;
  }

  /** {@code value[key]} where Python has it, else null. */
  private static @Nullable Object itemOrNull(Run run, Object value, Object key) {
    if (value instanceof Dict dict) {
      boolean unhashable = key instanceof Dict || key instanceof ListValue list && !list.tuple();
      return unhashable ? null : dict.get(run, key);
    }
    if (!Numbers.isWhole(key)) {
      return null;
    }
    long index = Numbers.clamp(key);
    int length = value instanceof DictView ? -1 : Iteration.length(value);
    long at = index < 0 ? index + length : index;
    if (at < 0 || at >= length) {
      return null;
    }
    return switch (value) {
      case String text -> {
        run.read(text);
        int start = text.offsetByCodePoints(0, (int) at);
        yield Character.toString(text.codePointAt(start));
      }
      case ListValue list -> list.items().get((int) at);
      case Group group -> group.pair().items().get((int) at);
      case Range range -> range.at((int) at);
      default -> null;
    };
  }

  /** {@code value[start:stop:step]}; a bound that is null or None is open. */
  static Object slice(Run run, Object value, Object start, Object stop, Object step) {
    if (value instanceof Undefined undefined) {
      throw run.error(undefined.reason());
    }
    if (!(value instanceof String || value instanceof ListValue || value instanceof Range
        || value instanceof Group)) {
      throw run.error("'" + Types.name(value) + "' object cannot be sliced");
    }
    long stride = step == None.NONE ? 1 : bound(run, step);
    if (stride == 0) {
      throw run.error("slice step cannot be zero");
    }
    int length = Iteration.length(value);
    boolean forward = stride > 0;
    long first = forward ? 0 : length - 1L;
    long end = forward ? length : -1;
    long from = start == None.NONE ? first : clip(run, start, length, forward);
    long to = stop == None.NONE ? end : clip(run, stop, length, forward);
    long span = forward ? to - from : from - to;
    // A stride beyond the length takes one element, as the length itself does.
    long pace = Math.min(length + 1L, forward ? stride : stride == Long.MIN_VALUE
        ? Long.MAX_VALUE : -stride);
    long count = span <= 0 ? 0 : (span - 1) / pace + 1;
    long by = forward ? pace : -pace;
    return switch (value) {
      case String text -> sliceText(run, text, (int) from, (int) count, (int) by);
      case Range range -> new Range(range.start() + from * range.step(),
          range.start() + to * range.step(), range.step() * by, (int) count);
      default -> {
        List<Object> items = value instanceof Group group ? group.pair().items()
            : ((ListValue) value).items();
        List<Object> taken = new ArrayList<>(run.elements(count));
        for (int i = 0; i < count; i++) {
          taken.add(items.get((int) (from + i * by)));
        }
        yield new ListValue(taken, value instanceof Group || ((ListValue) value).tuple());
      }
    };
  }

  private static long bound(Run run, Object value) {
    if (!Numbers.isWhole(value)) {
      throw run.error("slice indices must be integers or None");
    }
    return Numbers.clamp(value);
  }

  private static long clip(Run run, Object bound, int length, boolean forward) {
    long at = bound(run, bound);
    if (at < 0) {
      at = Math.max(at, Long.MIN_VALUE / 2) + length;
      return Math.max(at, forward ? 0 : -1);
    }
    return Math.min(at, forward ? length : length - 1L);
  }

  private static String sliceText(Run run, String text, int from, int count, int by) {
    run.read(text);
    if (count == 0) {
      return "";
    }
    if (by == 1) {
      int start = text.offsetByCodePoints(0, from);
      String taken = text.substring(start, text.offsetByCodePoints(start, count));
      run.chars(taken.length());
      return taken;
    }
    run.chars(2L * text.length());
    int[] points = text.codePoints().toArray();
    TextBuilder out = new TextBuilder(run);
    for (int i = 0; i < count; i++) {
      out.appendCodePoint(points[from + i * by]);
    }
    return out.toString();
  }
}
