package io.headrace.weights;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A JSON object of a model folder with getters that check: a wrong type is a {@link
 * WeightFileException} with file and field. A field that is null counts as absent, as the programs
 * that write these files mean it.
 *
 * @param file where it was read from
 * @param at where the object stands in the file, as a prefix of field names: empty, or ending in a
 *     dot
 * @param node the object
 */
record JsonDocument(Path file, String at, JsonNode node) {
  /** The longest such files are tokenizer settings with thousands of added tokens, at a few MB. */
  private static final long MAX_BYTES = 64L << 20;

  private static final ObjectMapper LENIENT = mapper(false);
  private static final ObjectMapper STRICT = mapper(true);

  private static ObjectMapper mapper(boolean strict) {
    return JsonMapper.builder(new JsonFactory())
        .configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION, strict)
        // Python writes NaN and Infinity into its JSON; whoever asks for such a number is refused
        // by field name.
        .configure(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS, !strict)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build();
  }

  /** Reads a file that must be there. */
  static JsonDocument read(Path file) {
    return readIfPresent(file)
        .orElseThrow(
            () -> new WeightFileException(file, "no such file; a safetensors model needs it"));
  }

  /** Reads a file, or nothing if there is none. */
  static Optional<JsonDocument> readIfPresent(Path file) {
    if (!Files.isRegularFile(file)) return Optional.empty();
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new WeightFileException(
            file,
            "%d bytes are too many; at most %d are read".formatted(Files.size(file), MAX_BYTES));
      }
      return Optional.of(parse(file, Files.readAllBytes(file), 0, LENIENT));
    } catch (IOException e) {
      throw new WeightFileException(file, "cannot be read: " + e, e);
    }
  }

  /**
   * Parses part of a file, where a name must not stand twice; {@code offset} is where the part
   * starts.
   */
  static JsonDocument parseStrictly(Path file, byte[] json, long offset) {
    return parse(file, json, offset, STRICT);
  }

  private static JsonDocument parse(Path file, byte[] json, long offset, ObjectMapper mapper) {
    JsonNode root;
    try {
      root = mapper.readTree(json);
    } catch (JacksonException e) {
      long byteOffset = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
      throw new WeightFileException(
          file, offset + byteOffset, "not valid JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new WeightFileException(file, "cannot be read: " + e, e);
    }
    if (!root.isObject()) throw new WeightFileException(file, offset, "not a JSON object");
    return new JsonDocument(file, "", root);
  }

  /** The field, or empty when it is absent or null. */
  Optional<JsonNode> find(String field) {
    JsonNode found = node.get(field);
    return found == null || found.isNull() ? Optional.empty() : Optional.of(found);
  }

  Optional<JsonDocument> findObject(String field) {
    return find(field)
        .map(
            value -> {
              if (!value.isObject()) throw wrong(field, value, "an object");
              return new JsonDocument(file, at + field + ".", value);
            });
  }

  Optional<String> findString(String field) {
    return find(field)
        .map(
            value -> {
              if (!value.isTextual()) throw wrong(field, value, "a string");
              return value.textValue();
            });
  }

  Optional<Boolean> findFlag(String field) {
    return find(field)
        .map(
            value -> {
              if (!value.isBoolean()) throw wrong(field, value, "true or false");
              return value.booleanValue();
            });
  }

  /** An integer from {@code least} to 2^31 - 1: sizes, counts and token ids. */
  Optional<Integer> findInteger(String field, int least) {
    return find(field).map(value -> integer(field, value, least));
  }

  int integer(String field, int least) {
    return findInteger(field, least).orElseThrow(() -> missing(field, "an integer"));
  }

  private int integer(String field, JsonNode value, int least) {
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < least) {
      throw wrong(field, value, "an integer from %d to %d".formatted(least, Integer.MAX_VALUE));
    }
    return value.intValue();
  }

  /** One integer, or a list of them; empty when the field is absent. */
  long[] integers(String field, int least) {
    JsonNode value = find(field).orElse(null);
    if (value == null) return new long[0];
    if (!value.isArray()) return new long[] {integer(field, value, least)};
    long[] values = new long[value.size()];
    for (int i = 0; i < values.length; i++)
      values[i] = integer("%s[%d]".formatted(field, i), value.get(i), least);
    return values;
  }

  /** A finite number above zero. */
  Optional<Double> findPositive(String field) {
    return find(field)
        .map(
            value -> {
              double number = value.isNumber() ? value.doubleValue() : Double.NaN;
              if (!(number > 0 && number < Double.POSITIVE_INFINITY))
                throw wrong(field, value, "a finite number above 0");
              return number;
            });
  }

  double positive(String field) {
    return findPositive(field).orElseThrow(() -> missing(field, "a number"));
  }

  WeightFileException missing(String field, String kind) {
    return new WeightFileException(
        file, "field %s%s is missing; expected %s".formatted(at, field, kind));
  }

  /** That a field, which is there, has a value that cannot be used. */
  WeightFileException wrong(String field, String expected) {
    return wrong(field, node.path(field), expected);
  }

  private WeightFileException wrong(String field, JsonNode value, String expected) {
    String shown = value.toString();
    if (shown.length() > 80) shown = shown.substring(0, 80) + "...";
    return new WeightFileException(
        file, "field %s%s is %s, expected %s".formatted(at, field, shown, expected));
  }
}
