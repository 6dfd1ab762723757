package io.headrace.endtoend;

import io.headrace.testing.DefaultModel;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Every way of decoding, as a request asks for it, and a server that can do them all: its companions are the served model's own file. */
final class Ways {
  static final Set<String> EXACT = Set.of("plain", "ngram", "medusa", "specdec", "fixed", "auto");
  static final Set<String> BY_COMPANIONS = Set.of("entropy", "companion", "fusion", "kept", "escalated", "self");
  static final Map<String, String> ALL = new LinkedHashMap<>();

  static {
    for (String name : List.of("plain", "ngram", "medusa", "specdec", "auto")) ALL.put(name, "\"" + name + "\"");
    ALL.put("fixed", "{'strategy': 'specdec', 'stop': 'fixed', 'draft_tokens': 4}");
    ALL.put("typical", "{'strategy': 'medusa', 'acceptance': 'typical', 'epsilon': 0.3}");
    ALL.put("entropy", "{'strategy': 'entropy', 'companion': 'small', 'threshold': 1.5, 'window': 2, 'dwell': 2}");
    ALL.put("companion", "{'strategy': 'companion', 'name': 'twin'}");
    ALL.put("fusion", "{'strategy': 'fusion', 'base': 'small', 'experts': ['twin']}");
    ALL.put("kept", "{'strategy': 'cascade', 'small': 'small', 'threshold': '-Infinity'}");
    ALL.put("escalated", "{'strategy': 'cascade', 'small': 'small', 'threshold': 'Infinity'}");
    ALL.put("self", "{'strategy': 'cascade', 'small': 'twin', 'judge': 'self'}");
    ALL.replaceAll((_, json) -> json.replace('\'', '"'));
  }

  private Ways() {}

  static RunningServer start() throws IOException {
    String file = DefaultModel.path().map(Object::toString).orElse("");
    return RunningServer.start("--companions", "small=" + file + ",twin=" + file, "--set", "engine.kv-memory=512MiB");
  }
}
