package io.headrace.text.jinja;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Reads the golden renders, all of which were made at the same moment. */
public final class GoldenLines {
  /** The moment that {@code strftime_now} told, a Saturday. */
  public static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-21T09:30:00Z"), ZoneOffset.UTC);

  private static final String FOLDER = "/io/headrace/golden/";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private GoldenLines() {}

  /** The lines of a golden file as maps. */
  public static List<Map<String, Object>> of(String file) {
    return read(FOLDER + file);
  }

  /** The lines of a resource as maps. */
  static List<Map<String, Object>> read(String resource) {
    List<Map<String, Object>> lines = new ArrayList<>();
    resource(resource).lines().forEach(line -> lines.add(map(line)));
    return lines;
  }

  /** A golden file's text. */
  public static String text(String file) {
    return resource(FOLDER + file);
  }

  static String resource(String resource) {
    try (InputStream in =
        Objects.requireNonNull(GoldenLines.class.getResourceAsStream(resource), resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A JSON object as a map, in the order written. */
  @SuppressWarnings("unchecked")
  public static Map<String, Object> map(String json) {
    try {
      return MAPPER.readValue(json, LinkedHashMap.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A value as JSON. */
  public static String json(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
