package io.headrace.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of a JSON object strictly: every getter names the field it refuses, and {@link #refuseUnknown} refuses what no
 * getter asked for. A field that is {@code null} counts as absent.
 *
 * <p>Thread: one call.
 */
public final class JsonFields {
  private final ObjectNode node;
  private final String path;
  private final Set<String> asked = new HashSet<>();

  private JsonFields(ObjectNode node, String path) {
    this.node = node;
    this.path = path;
  }

  /** The fields of a request body. */
  public static JsonFields of(ObjectNode node) {
    return new JsonFields(node, "");
  }

  /** The full name of a field, for messages. */
  public String name(String field) {
    return path + field;
  }

  /** The raw value, or null when absent. */
  public @Nullable JsonNode get(String field) {
    asked.add(field);
    JsonNode value = node.get(field);
    return value == null || value.isNull() ? null : value;
  }

  public boolean has(String field) {
    return get(field) != null;
  }

  public @Nullable String string(String field) {
    JsonNode value = get(field);
    if (value == null) return null;
    if (!value.isTextual()) throw wrong(field, "must be a string", value);
    return value.textValue();
  }

  public String requiredString(String field) {
    String value = string(field);
    if (value == null) throw RefusedCall.malformed(name(field), "is required");
    return value;
  }

  public boolean bool(String field, boolean otherwise) {
    JsonNode value = get(field);
    if (value == null) return otherwise;
    if (!value.isBoolean()) throw wrong(field, "must be true or false", value);
    return value.booleanValue();
  }

  /** A whole number in [low, high], or null. */
  public @Nullable Long integer(String field, long low, long high) {
    JsonNode value = get(field);
    if (value == null) return null;
    boolean whole = value.isIntegralNumber() || (value.isFloatingPointNumber() && value.doubleValue() == Math.rint(value.doubleValue()));
    if (!whole) throw wrong(field, "must be a whole number", value);
    if (!value.canConvertToLong() || value.longValue() < low || value.longValue() > high) {
      throw wrong(field, "must be between %d and %d".formatted(low, high), value);
    }
    return value.longValue();
  }

  public int integer(String field, int low, int high, int otherwise) {
    Long value = integer(field, low, (long) high);
    return value == null ? otherwise : value.intValue();
  }

  /** A number in [low, high]. */
  public float number(String field, double low, double high, float otherwise) {
    JsonNode value = get(field);
    if (value == null) return otherwise;
    if (!value.isNumber()) throw wrong(field, "must be a number", value);
    double number = value.doubleValue();
    if (!(number >= low && number <= high)) {
      throw wrong(field, "must be between %s and %s".formatted(plain(low), plain(high)), value);
    }
    return (float) number;
  }

  /** An object's fields, or null. */
  public @Nullable JsonFields object(String field) {
    JsonNode value = get(field);
    if (value == null) return null;
    if (!(value instanceof ObjectNode object)) throw wrong(field, "must be an object", value);
    return new JsonFields(object, name(field) + ".");
  }

  /** A list of objects; empty when absent. */
  public List<JsonFields> objects(String field) {
    JsonNode value = get(field);
    if (value == null) return List.of();
    if (!value.isArray()) throw wrong(field, "must be a list", value);
    List<JsonFields> objects = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      if (!(value.get(i) instanceof ObjectNode object)) {
        throw wrong("%s[%d]".formatted(field, i), "must be an object", value.get(i));
      }
      objects.add(new JsonFields(object, "%s[%d].".formatted(name(field), i)));
    }
    return objects;
  }

  /** A list of whole numbers in [0, high]; null when absent. */
  public int @Nullable [] integers(String field, int high) {
    JsonNode value = get(field);
    if (value == null) return null;
    if (!value.isArray()) throw wrong(field, "must be a list of whole numbers", value);
    return integers(value, field, high);
  }

  /** The elements of {@code list}, which stands in {@code field}. */
  public int[] integers(JsonNode list, String field, int high) {
    int[] numbers = new int[list.size()];
    for (int i = 0; i < numbers.length; i++) {
      JsonNode value = list.get(i);
      if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0 || value.intValue() > high) {
        throw wrong("%s[%d]".formatted(field, i), "must be a whole number between 0 and %d".formatted(high), value);
      }
      numbers[i] = value.intValue();
    }
    return numbers;
  }

  /** A string or a list of strings; empty when absent. */
  public List<String> strings(String field, int most) {
    JsonNode value = get(field);
    if (value == null) return List.of();
    if (value.isTextual()) return List.of(value.textValue());
    if (!value.isArray()) throw wrong(field, "must be a string or a list of strings", value);
    if (value.size() > most) throw RefusedCall.malformed(name(field), "has %d entries, at most %d are allowed".formatted(value.size(), most));
    List<String> strings = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      if (!value.get(i).isTextual()) throw wrong("%s[%d]".formatted(field, i), "must be a string", value.get(i));
      strings.add(value.get(i).textValue());
    }
    return strings;
  }

  /** The object as plain Java values. */
  @SuppressWarnings("unchecked")
  public Map<String, Object> values() {
    return (Map<String, Object>) Objects.requireNonNull(Json.value(node));
  }

  /** Names of all fields, asked for or not. */
  public Set<String> names() {
    Set<String> names = new HashSet<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** Refuses the first field that nobody asked for. */
  public void refuseUnknown() {
    node.fieldNames()
        .forEachRemaining(
            field -> {
              if (!asked.contains(field)) throw RefusedCall.malformed(name(field), "is not a field of this request");
            });
  }

  /** A refusal of {@code field} that shows the value it has. */
  public RefusedCall wrong(String field, String problem, JsonNode value) {
    String shown = value.toString();
    if (shown.length() > 60) shown = shown.substring(0, 60) + "…";
    return RefusedCall.malformed(name(field), problem + ", was " + shown);
  }

  private static String plain(double bound) {
    return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
  }
}
