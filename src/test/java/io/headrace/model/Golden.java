package io.headrace.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The golden data of the test resources. */
final class Golden {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Golden() {}

  static Path path(String name) {
    try {
      return Path.of(Golden.class.getResource("/io/headrace/golden/README.md").toURI())
          .resolveSibling(name);
    } catch (URISyntaxException impossible) {
      throw new AssertionError(impossible);
    }
  }

  static List<JsonNode> lines(String name) {
    try (var lines = Files.lines(path(name))) {
      return lines.map(Golden::parse).toList();
    } catch (IOException missing) {
      throw new UncheckedIOException(missing);
    }
  }

  static JsonNode json(String name) {
    try {
      return JSON.readTree(path(name).toFile());
    } catch (IOException missing) {
      throw new UncheckedIOException(missing);
    }
  }

  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException malformed) {
      throw new UncheckedIOException(malformed);
    }
  }

  static float[] floats(String name) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path(name))).order(ByteOrder.LITTLE_ENDIAN);
      float[] values = new float[bytes.remaining() / 4];
      bytes.asFloatBuffer().get(values);
      return values;
    } catch (IOException missing) {
      throw new UncheckedIOException(missing);
    }
  }

  static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) values[i] = array.get(i).intValue();
    return values;
  }

  static double[] doubles(JsonNode array) {
    double[] values = new double[array.size()];
    for (int i = 0; i < values.length; i++) values[i] = array.get(i).doubleValue();
    return values;
  }
}
