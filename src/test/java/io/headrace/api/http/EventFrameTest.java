package io.headrace.api.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** An event of a frame has the bytes of the document written anew. */
final class EventFrameTest {
  private static ObjectNode document(String id, String text) {
    ObjectNode root = Json.object().put("id", id).put("created", 17);
    ObjectNode choice = root.putArray("choices").addObject().put("index", 0);
    choice.putObject("delta").put("content", text);
    choice.putNull("logprobs");
    return root;
  }

  private static void sameBytes(String id, String text) {
    EventFrame frame = EventFrame.of(document(id, EventFrame.TEXT));
    String expected = "data: " + new String(Json.bytes(document(id, text)), StandardCharsets.UTF_8) + "\n\n";
    assertEquals(expected, frame.line(text).toString(StandardCharsets.UTF_8));
  }

  @Test
  void theTextMayBeAnything() {
    for (String text : List.of("", " Hello", "\"", "a\\b", "\n\r\t\u0000\u001f\u007f", "wörld", "\u2028", "😀 and half \uD83D", EventFrame.TEXT)) {
      sameBytes("chatcmpl-1", text);
    }
    Random random = new Random(5);
    for (int i = 0; i < 500; i++) {
      StringBuilder text = new StringBuilder();
      for (int k = random.nextInt(12); k > 0; k--) text.append((char) (random.nextInt(4) > 0 ? random.nextInt(128) : random.nextInt(1 << 16)));
      sameBytes("chatcmpl-1", text.toString());
    }
  }

  @Test
  void whatACallerWroteMayLookLikeTheTextsPlace() {
    sameBytes(EventFrame.TEXT, "x");
    sameBytes("\"" + EventFrame.TEXT + "\"", "x");
  }

  @Test
  void aDocumentWithoutAPlaceForTheTextIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> EventFrame.of(document("1", "other")));
  }
}
