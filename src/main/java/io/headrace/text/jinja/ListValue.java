package io.headrace.text.jinja;

import java.util.List;

/**
 * A list or tuple; templates cannot change either. Compare with {@link Compare}, never with {@code
 * equals}.
 *
 * @param items its elements, not to be changed
 * @param tuple whether it is a tuple
 */
record ListValue(List<Object> items, boolean tuple) {
  static ListValue list(List<Object> items) {
    return new ListValue(items, false);
  }

  static ListValue tuple(Object... items) {
    return new ListValue(List.of(items), true);
  }

  ListValue withItems(List<Object> newItems) {
    return new ListValue(newItems, tuple);
  }
}
