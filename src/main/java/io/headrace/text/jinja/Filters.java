package io.headrace.text.jinja;

import java.util.HashMap;
import java.util.Map;

/** Jinja's filters by name. */
final class Filters {
  /** What a filter makes of a value. */
  interface Filter {
    Object apply(Evaluator evaluator, Object value, CallArguments arguments);
  }

  static final Map<String, Filter> ALL = all();

  private Filters() {}

  private static Map<String, Filter> all() {
    Map<String, Filter> all = new HashMap<>();
    TextFilters.addTo(all);
    ValueFilters.addTo(all);
    SequenceFilters.addTo(all);
    SelectionFilters.addTo(all);
    return Map.copyOf(all);
  }
}
