package io.headrace.text.jinja;

import java.util.Iterator;

/**
 * What {@code keys()}, {@code values()} and {@code items()} give: a length and elements, no index.
 */
record DictView(Dict dict, Kind kind) {
  enum Kind {
    KEYS,
    VALUES,
    ITEMS
  }

  Iterator<Object> iterator() {
    return dict.entries().stream().map(this::part).iterator();
  }

  private Object part(Dict.Entry entry) {
    return switch (kind) {
      case KEYS -> entry.key();
      case VALUES -> entry.value();
      case ITEMS -> ListValue.tuple(entry.key(), entry.value());
    };
  }
}
