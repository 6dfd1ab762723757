package io.headrace.api.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON as the doors read and write it: strict, duplicates refused, nesting bounded, nothing after the document.
 *
 * <p>Trees are read and written here, without the library's mapper: making one takes a twentieth of a second of a start, on calendars and
 * annotations that no tree needs.
 */
public final class Json {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(200).maxStringLength(64 << 20).build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  private Json() {}

  /** Loads what reads and writes, of which numbers alone take 30 ms: the first request would wait for it. Any thread. */
  public static void prepare() {
    try {
      bytes(read("{\"a\": [1, 2.5, \"b\", true, null]}".getBytes(StandardCharsets.UTF_8)));
    } catch (IOException impossible) {
      throw new IllegalStateException("this is JSON", impossible);
    }
  }

  public static ObjectNode object() {
    return NODES.objectNode();
  }

  /**
   * The document in {@code json}, a missing node where there is none.
   *
   * @throws com.fasterxml.jackson.core.JsonProcessingException with the place and what is wrong there
   */
  static JsonNode read(byte[] json) throws IOException {
    try (JsonParser parser = JSON.createParser(json)) {
      JsonToken first = parser.nextToken();
      if (first == null) return MissingNode.getInstance();
      JsonNode document = read(parser, first);
      if (parser.nextToken() != null) throw new JsonParseException(parser, "Something follows the end of the document");
      return document;
    }
  }

  private static JsonNode read(JsonParser parser, JsonToken token) throws IOException {
    return switch (token) {
      case START_OBJECT -> {
        ObjectNode object = NODES.objectNode();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
          object.set(name, read(parser, parser.nextToken()));
        }
        yield object;
      }
      case START_ARRAY -> {
        ArrayNode array = NODES.arrayNode();
        for (JsonToken next = parser.nextToken(); next != JsonToken.END_ARRAY; next = parser.nextToken()) {
          array.add(read(parser, next));
        }
        yield array;
      }
      case VALUE_STRING -> NODES.textNode(parser.getText());
      case VALUE_NUMBER_INT ->
          switch (parser.getNumberType()) {
            case INT -> NODES.numberNode(parser.getIntValue());
            case LONG -> NODES.numberNode(parser.getLongValue());
            default -> NODES.numberNode(parser.getBigIntegerValue());
          };
      case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDoubleValue());
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      case VALUE_NULL -> NODES.nullNode();
      default -> throw new JsonParseException(parser, "Unexpected " + token.asString());
    };
  }

  static byte[] bytes(JsonNode json) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator out = JSON.createGenerator(bytes)) {
      write(json, out);
    } catch (IOException impossible) {
      throw new UncheckedIOException("a JSON tree can be written", impossible);
    }
    return bytes.toByteArray();
  }

  private static void write(JsonNode json, JsonGenerator out) throws IOException {
    switch (json.getNodeType()) {
      case OBJECT -> {
        out.writeStartObject();
        for (Map.Entry<String, JsonNode> field : json.properties()) {
          out.writeFieldName(field.getKey());
          write(field.getValue(), out);
        }
        out.writeEndObject();
      }
      case ARRAY -> {
        out.writeStartArray();
        for (JsonNode element : json) write(element, out);
        out.writeEndArray();
      }
      case STRING -> out.writeString(json.textValue());
      case BOOLEAN -> out.writeBoolean(json.booleanValue());
      case NULL -> out.writeNull();
      case NUMBER -> {
        switch (json.numberType()) {
          case INT -> out.writeNumber(json.intValue());
          case LONG -> out.writeNumber(json.longValue());
          case BIG_INTEGER -> out.writeNumber(json.bigIntegerValue());
          case FLOAT -> out.writeNumber(json.floatValue());
          case DOUBLE -> out.writeNumber(json.doubleValue());
          case BIG_DECIMAL -> out.writeNumber(json.decimalValue());
        }
      }
      default -> throw new IllegalStateException("not JSON: a node of " + json.getNodeType());
    }
  }

  /** A tree of Java's values: maps, lists, texts, numbers, truths, nulls. */
  public static JsonNode node(@Nullable Object value) {
    return switch (value) {
      case null -> NODES.nullNode();
      case Map<?, ?> map -> {
        ObjectNode object = NODES.objectNode();
        map.forEach((key, each) -> object.set(String.valueOf(key), node(each)));
        yield object;
      }
      case List<?> list -> {
        ArrayNode array = NODES.arrayNode();
        for (Object each : list) array.add(node(each));
        yield array;
      }
      case String text -> NODES.textNode(text);
      case Boolean truth -> NODES.booleanNode(truth);
      case Integer number -> NODES.numberNode(number.intValue());
      case Long number -> NODES.numberNode(number.longValue());
      case Double number -> NODES.numberNode(number.doubleValue());
      case BigInteger number -> NODES.numberNode(number);
      default -> throw new IllegalArgumentException("%s is nothing of JSON's".formatted(value.getClass()));
    };
  }

  /** The same as Java's values. Maps can be changed, and have the order of the document. */
  static @Nullable Object value(JsonNode json) {
    return switch (json.getNodeType()) {
      case OBJECT -> {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field : json.properties()) map.put(field.getKey(), value(field.getValue()));
        yield map;
      }
      case ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>(json.size());
        for (JsonNode element : json) list.add(value(element));
        yield list;
      }
      case STRING -> json.textValue();
      case BOOLEAN -> json.booleanValue();
      case NUMBER -> json.numberValue();
      case NULL -> null;
      default -> throw new IllegalStateException("not JSON: a node of " + json.getNodeType());
    };
  }
}
