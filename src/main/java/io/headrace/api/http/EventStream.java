package io.headrace.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Server-sent events on one response, one JSON document a {@code data:} line (WHATWG HTML, section 9.2).
 *
 * <p>A reader that is slower than its generation makes {@link #send} wait, so it holds back its own call and nobody else's. On the event
 * loop nothing waits: who sends there asks {@link #isFull} first.
 *
 * <p>While nothing is sent, a comment line, which every reader skips, keeps proxies from cutting the stream.
 *
 * <p>Thread: any number of the call's virtual threads, and its event loop; lines are never torn.
 */
public final class EventStream {
  /** Lines handed to the event loop that it has not written yet: enough to keep it busy, few enough to bound memory. */
  private static final int IN_FLIGHT = 64;

  /** Silence is looked for so often, and broken at the third look that finds it. */
  private static final long LOOK_MILLIS = 5_000;

  private final HttpServerResponse response;
  private final Context context;
  private final BooleanSupplier clientGone;
  private final Semaphore room = new Semaphore(IN_FLIGHT);
  // The rest belongs to the event loop.
  private int held; // permits kept while the socket is full
  private int silent; // looks without a line
  private long timer = -1;
  private @Nullable Runnable onRoom;

  EventStream(HttpServerResponse response, Context context, BooleanSupplier clientGone) {
    this.response = response;
    this.context = context;
    this.clientGone = clientGone;
    context.runOnContext(_ -> open());
  }

  private void open() {
    if (response.closed()) return;
    response
        .setChunked(true)
        .putHeader("content-type", "text/event-stream; charset=utf-8")
        .putHeader("cache-control", "no-cache")
        .putHeader("x-accel-buffering", "no");
    response.drainHandler(_ -> drained());
    response.write(": accepted\n\n"); // sends the head at once: prefill may take long
    timer = context.owner().setPeriodic(LOOK_MILLIS, _ -> look());
  }

  private void look() {
    if (isOver()) {
      stopLooking();
      drained(); // who waits for room hears of the end
    } else if (++silent >= 3) {
      write(Buffer.buffer(": keep-alive\n\n"));
    }
  }

  private void stopLooking() {
    if (timer >= 0) context.owner().cancelTimer(timer);
    timer = -1;
  }

  /** One event. Waits while the client reads slower than this writes. False when the client is gone. */
  public boolean send(JsonNode event) throws InterruptedException {
    byte[] json = Json.bytes(event);
    Buffer line = Buffer.buffer(json.length + EventFrame.BEGIN.length + EventFrame.END.length);
    return send(line.appendBytes(EventFrame.BEGIN).appendBytes(json).appendBytes(EventFrame.END));
  }

  /** As {@link #send(JsonNode)}: the document of {@code frame} with {@code text}. */
  public boolean send(EventFrame frame, String text) throws InterruptedException {
    return send(frame.line(text));
  }

  /** Runs {@code task} on the event loop of this stream. */
  public void onLoop(Runnable task) {
    context.runOnContext(_ -> task.run());
  }

  /** Whether nothing more will be sent: the client is gone, or the end was. Event loop. */
  public boolean isOver() {
    return response.closed() || response.ended();
  }

  /** Whether lines should wait: the client has not read those before. Event loop. */
  public boolean isFull() {
    return !isOver() && response.writeQueueFull();
  }

  /** Runs {@code task} once when lines had to wait and need not any more, or some seconds after all was over. Event loop; one task at a time. */
  public void whenRoom(Runnable task) {
    onRoom = task;
  }

  /** The end marker of OpenAI's streams, and the end. */
  public void done() {
    end(Buffer.buffer("data: [DONE]\n\n"));
  }

  /** An error in a started stream: the error object, then the end without a marker. */
  public void fail(ErrorObject error) {
    end(Buffer.buffer("data: ").appendBytes(Json.bytes(error.json())).appendString("\n\n"));
  }

  private boolean send(Buffer line) throws InterruptedException {
    if (Context.isOnEventLoopThread()) {
      if (clientGone.getAsBoolean() || isOver()) return false;
      write(line);
      return true;
    }
    while (!room.tryAcquire(1, TimeUnit.SECONDS)) {
      if (clientGone.getAsBoolean()) return false;
    }
    if (clientGone.getAsBoolean()) return false;
    context.runOnContext(
        _ -> {
          if (!isOver()) write(line);
          // Permits come back only when the socket has drained; until then senders use up what is left and wait.
          if (isFull()) held++;
          else room.release();
        });
    return true;
  }

  private void write(Buffer line) {
    silent = 0;
    response.write(line);
  }

  private void drained() {
    room.release(held);
    held = 0;
    Runnable waiting = onRoom;
    onRoom = null;
    if (waiting != null) waiting.run();
  }

  private void end(Buffer last) {
    context.runOnContext(
        _ -> {
          stopLooking();
          if (!isOver()) response.end(last);
        });
  }
}
