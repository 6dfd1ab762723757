package io.headrace.api.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
  private static final ObjectMapper LIBRARY = new ObjectMapper();

  private static final List<String> DOCUMENTS =
      List.of(
          "{}",
          "[]",
          "null",
          "\"\"",
          "{\"a\":{\"b\":[[],{}, [1]],\"\":null},\"c\":true,\"d\":false}",
          "[0,-1,2147483647,2147483648,-9223372036854775808,9223372036854775808,123456789012345678901234567890]",
          "[0.0,-0.0,1.5,1e3,1E-7,1e999,3.141592653589793238462643,1e-400]",
          "[\"quote \\\" slash \\\\ line\\n tab\\t zero\\u0000 é ü 漢 \\ud83d\\ude00 \\/\"]",
          "  {\"spaces\" : [ 1 , 2 ] }  ");

  @Test
  void aDocumentIsReadAsTheLibraryReadsIt() throws IOException {
    for (String document : DOCUMENTS) assertEquals(LIBRARY.readTree(document), read(document), document);
    assertTrue(read(" ").isMissingNode());
  }

  @Test
  void aTreeIsWrittenAsTheLibraryWritesIt() throws IOException {
    for (String document : DOCUMENTS) {
      JsonNode tree = LIBRARY.readTree(document);
      assertArrayEquals(LIBRARY.writeValueAsBytes(tree), Json.bytes(tree), document);
    }
  }

  @Test
  void aTreeIsTheValuesThatTheLibraryMakesOfIt() throws IOException {
    for (String document : DOCUMENTS) {
      JsonNode tree = LIBRARY.readTree(document);
      assertEquals(LIBRARY.treeToValue(tree, Object.class), Json.value(tree), document);
      assertEquals(tree, Json.node(Json.value(tree)), document);
    }
    Map<Object, Object> odd = new LinkedHashMap<>();
    odd.put(200, List.of("a"));
    odd.put("none", null);
    assertEquals(LIBRARY.valueToTree(odd), Json.node(odd));
  }

  @Test
  void whatIsNotOneStrictDocumentIsRefused() {
    for (String wrong :
        List.of("{", "[1", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "'a'", "NaN", "[NaN]", "01", "+1", "tru", "\"a", "{\"a\":1,\"a\":2}", "{} {}", "1 2", "{}x", "]", "[".repeat(201) + "]".repeat(201))) {
      assertThrows(JsonProcessingException.class, () -> read(wrong), wrong);
    }
    String deepest = "[".repeat(200) + "]".repeat(200);
    assertEquals(deepest, new String(Json.bytes(assertRead(deepest)), StandardCharsets.UTF_8));
  }

  private static JsonNode assertRead(String document) {
    return assertDoesNotThrow(() -> read(document));
  }

  private static JsonNode read(String document) throws IOException {
    return Json.read(document.getBytes(StandardCharsets.UTF_8));
  }
}
