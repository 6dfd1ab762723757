package io.headrace.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Server-sent events on one response, one JSON document a {@code data:} line (WHATWG HTML, section 9.2).
 *
 * <p>A reader that is slower than its generation makes {@link #send} wait, so it holds back its own call and nobody else's.
 *
 * <p>Thread: any number of the call's virtual threads; lines are never torn.
 */
public final class EventStream {
  /** Lines handed to the event loop that it has not written yet: enough to keep it busy, few enough to bound memory. */
  private static final int IN_FLIGHT = 64;

  private final HttpServerResponse response;
  private final Context context;
  private final BooleanSupplier clientGone;
  private final Semaphore room = new Semaphore(IN_FLIGHT);
  private int held; // event loop only: permits kept while the socket is full

  EventStream(HttpServerResponse response, Context context, BooleanSupplier clientGone) {
    this.response = response;
    this.context = context;
    this.clientGone = clientGone;
    context.runOnContext(
        _ -> {
          if (response.closed()) return;
          response
              .setChunked(true)
              .putHeader("content-type", "text/event-stream; charset=utf-8")
              .putHeader("cache-control", "no-cache")
              .putHeader("x-accel-buffering", "no");
          response.write(": accepted\n\n"); // sends the head at once: prefill may take long
        });
  }

  /** One event. Waits while the client reads slower than this writes. False when the client is gone. */
  public boolean send(JsonNode event) throws InterruptedException {
    byte[] json = Json.bytes(event);
    Buffer line = Buffer.buffer(json.length + 8).appendString("data: ").appendBytes(json).appendString("\n\n");
    return write(line);
  }

  /** A comment line, which every reader skips: keeps proxies from cutting a silent stream. */
  public boolean keepAlive() throws InterruptedException {
    return write(Buffer.buffer(": keep-alive\n\n"));
  }

  /** The end marker of OpenAI's streams, and the end. */
  public void done() {
    end(Buffer.buffer("data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII)));
  }

  /** An error in a started stream: the error object, then the end without a marker. */
  public void fail(ErrorObject error) {
    end(Buffer.buffer("data: ").appendBytes(Json.bytes(error.json())).appendString("\n\n"));
  }

  private boolean write(Buffer line) throws InterruptedException {
    while (!room.tryAcquire(1, TimeUnit.SECONDS)) {
      if (clientGone.getAsBoolean()) return false;
    }
    if (clientGone.getAsBoolean()) return false;
    context.runOnContext(
        _ -> {
          if (response.closed() || response.ended()) {
            room.release();
            return;
          }
          response.write(line);
          if (!response.writeQueueFull()) {
            room.release();
          } else if (held++ == 0) {
            // Permits come back only when the socket has drained; until then senders use up what is left and wait.
            response.drainHandler(
                _ -> {
                  room.release(held);
                  held = 0;
                });
          }
        });
    return true;
  }

  private void end(Buffer last) {
    context.runOnContext(
        _ -> {
          if (!response.closed() && !response.ended()) response.end(last);
        });
  }
}
