package io.headrace.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A dict in order of insertion; templates cannot change one once it is made. Keys 1, 1.0 and True
 * are the same.
 */
final class Dict {
  /** A key as first written, and its value. */
  record Entry(Object key, Object value) {}

  private final Map<Object, Entry> entries;

  Dict() {
    this(16);
  }

  Dict(int size) {
    entries = LinkedHashMap.newLinkedHashMap(size);
  }

  int size() {
    return entries.size();
  }

  Collection<Entry> entries() {
    return entries.values();
  }

  void put(Run run, Object key, Object value) {
    Object hashed = hashable(run, key);
    Entry old = entries.get(hashed);
    entries.put(hashed, new Entry(old == null ? key : old.key(), value));
  }

  @Nullable Object get(Run run, Object key) {
    Entry entry = entries.get(hashable(run, key));
    return entry == null ? null : entry.value();
  }

  /** An object equal, in Java's sense, to that of every key that Python takes for the same. */
  static Object hashable(Run run, Object key) {
    return switch (key) {
      case String text -> {
        run.read(text);
        yield text;
      }
      case Boolean flag -> flag ? 1L : 0L;
      case Double number -> {
        boolean whole = number == Math.rint(number) && !Double.isInfinite(number);
        yield whole ? Numbers.narrow(new BigDecimal(number).toBigInteger()) : number;
      }
      case Long number -> number;
      case BigInteger number -> number;
      case None none -> none;
      case Undefined undefined -> Undefined.class;
      case Group group -> hashable(run, group.pair());
      case ListValue list when list.tuple() -> {
        run.enter();
        List<Object> parts = new ArrayList<>(run.elements(list.items().size()));
        for (Object item : list.items()) {
          parts.add(hashable(run, item));
        }
        run.leave();
        yield parts;
      }
      case ListValue list -> throw run.error("unhashable type: 'list'");
      case Dict dict -> throw run.error("unhashable type: 'dict'");
      case DictView view -> throw run.error("unhashable type: '" + Types.name(view) + "'");
      default -> key;
    };
  }
}
