package io.headrace.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An event that is sent many times with another text in one place. Its bytes are those of the document written anew each time.
 *
 * <p>Immutable; any thread.
 */
public final class EventFrame {
  /** Stands where the text goes. The last one in a document counts, so what a caller put before it may look the same. */
  public static final String TEXT = "@text@";

  static final byte[] BEGIN = "data: ".getBytes(StandardCharsets.US_ASCII);
  static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);

  private final byte[] before;
  private final byte[] after;

  private EventFrame(byte[] before, byte[] after) {
    this.before = before;
    this.after = after;
  }

  /**
   * The frame of a document.
   *
   * @throws IllegalArgumentException if no field of it is {@link #TEXT}
   */
  public static EventFrame of(JsonNode document) {
    byte[] json = Json.bytes(document);
    byte[] mark = Json.bytes(TextNode.valueOf(TEXT));
    for (int at = json.length - mark.length; at >= 0; at--) {
      if (!Arrays.equals(json, at, at + mark.length, mark, 0, mark.length)) continue;
      return new EventFrame(Arrays.copyOf(json, at), Arrays.copyOfRange(json, at + mark.length, json.length));
    }
    throw new IllegalArgumentException("no field is " + TEXT);
  }

  /** The event's line with {@code text}. */
  Buffer line(String text) {
    byte[] quoted = isPlain(text) ? null : Json.bytes(TextNode.valueOf(text));
    int length = quoted == null ? text.length() + 2 : quoted.length;
    Buffer line = Buffer.buffer(BEGIN.length + before.length + length + after.length + END.length);
    line.appendBytes(BEGIN).appendBytes(before);
    if (quoted == null) {
      line.appendByte((byte) '"').appendBytes(text.getBytes(StandardCharsets.ISO_8859_1)).appendByte((byte) '"');
    } else {
      line.appendBytes(quoted);
    }
    return line.appendBytes(after).appendBytes(END);
  }

  /** Whether it stands in JSON as it is. */
  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c > '~' || c == '"' || c == '\\') return false;
    }
    return true;
  }
}
