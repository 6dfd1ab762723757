package io.headrace.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is written is what a reader of JSON reads, and nothing that is not UTF-8. */
final class AsciiJsonTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Test
  void everyCharacterIsReadAsItWas() throws IOException {
    var all = new StringBuilder();
    for (int c = 0; c <= Character.MAX_CODE_POINT; c += c < 0x3000 ? 1 : 97) {
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) all.appendCodePoint(c);
    }
    var utf8 = all.toString().getBytes(StandardCharsets.UTF_8);
    var json = new AsciiJson(1);
    assertTrue(json.string(utf8, 0, utf8.length));
    var written = json.take();
    for (byte b : written) assertTrue(b > 0);
    assertEquals(all.toString(), MAPPER.readTree(written).textValue());
  }

  @Test
  void whatIsNotUtf8IsRefused() {
    for (int[] wrong :
        List.of(
            new int[] {0x80}, new int[] {0xC0, 0x80}, new int[] {0xC3}, new int[] {0xC3, 'x'}, new int[] {0xE0, 0x80, 0x80},
            new int[] {0xED, 0xA0, 0x80}, new int[] {0xE2, 0x82}, new int[] {0xF0, 0x80, 0x80, 0x80}, new int[] {0xF4, 0x90, 0x80, 0x80},
            new int[] {0xF8, 0x80, 0x80, 0x80}, new int[] {0xFF})) {
      var bytes = new byte[wrong.length + 1];
      for (int i = 0; i < wrong.length; i++) bytes[i] = (byte) wrong[i];
      bytes[wrong.length] = 'y';
      assertFalse(new AsciiJson(8).string(bytes, 0, wrong.length));
    }
  }

  @Test
  void aTreeAndNumbersAreReadAsTheyWere() throws IOException {
    var tree = MAPPER.readTree("{\"a\": [1, -2.5, true, null, {}, []], \"b\\n\": {\"c\": \"\u0120\"}}");
    var json = new AsciiJson(1);
    json.mark('[');
    for (int number : new int[] {0, 9, 10, 65_536, Integer.MAX_VALUE}) {
      json.number(number);
      json.mark(',');
    }
    json.node(tree);
    json.mark(',');
    json.end(']');
    var read = MAPPER.readTree(json.take());
    assertEquals("[0,9,10,65536,2147483647," + tree + "]", read.toString());
  }
}
