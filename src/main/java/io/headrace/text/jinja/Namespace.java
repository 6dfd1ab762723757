package io.headrace.text.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** The one value a template may change: variables that survive the loop that sets them. */
record Namespace(Map<String, Object> variables) {
  Namespace() {
    this(new LinkedHashMap<>());
  }
}
