package io.headrace.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What filters such as {@code map} and {@code sort} take from each element: a path like {@code
 * function.name} or {@code 0.x}.
 */
record Attributes(List<Object> path, @Nullable Object standard) {

  static Attributes of(Run run, Object path, @Nullable Object standard) {
    List<Object> parts = new ArrayList<>();
    if (path instanceof String text) {
      for (Object part : Splitting.at(run, text, ".", Long.MAX_VALUE, false)) {
        Object index = ((String) part).chars().allMatch(c -> c >= '0' && c <= '9')
            ? Numbers.parseWhole((String) part, 10) : null;
        parts.add(index == null ? part : index);
      }
    } else if (path != None.NONE) {
      parts.add(path);
    }
    return new Attributes(parts, standard);
  }

  Object from(Run run, Object value) {
    Object found = value;
    for (Object part : path) {
      found = Lookup.item(run, found, part);
      if (standard != null && found instanceof Undefined) {
        found = standard;
      }
    }
    return found;
  }

  /** The key that sorting compares: texts without their case, unless that matters. */
  Object keyFrom(Run run, Object value, boolean caseMatters) {
    return key(run, from(run, value), caseMatters);
  }

  static Object key(Run run, Object value, boolean caseMatters) {
    if (value instanceof String text && !caseMatters) {
      run.chars(text.length());
      return text.toLowerCase(Locale.ROOT);
    }
    return value;
  }
}
