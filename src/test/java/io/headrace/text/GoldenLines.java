package io.headrace.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The golden files in the test resources: facts about other implementations. */
final class GoldenLines {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private GoldenLines() {}

  /** All lines of a JSON-lines file. */
  static List<JsonNode> of(String name) {
    try (var in = GoldenLines.class.getResourceAsStream("/io/headrace/golden/" + name)) {
      if (in == null) {
        throw new IllegalStateException("no golden file " + name);
      }
      var lines = new ArrayList<JsonNode>();
      for (var line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        lines.add(MAPPER.readTree(line));
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Optional<Path> path(String name) {
    try {
      @Nullable URL url = GoldenLines.class.getResource("/io/headrace/golden/" + name);
      return url == null ? Optional.empty() : Optional.of(Path.of(url.toURI()));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static int[] ids(JsonNode line) {
    var ids = new int[line.path("ids").size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = line.path("ids").get(i).intValue();
    }
    return ids;
  }
}
