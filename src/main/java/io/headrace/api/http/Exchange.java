package io.headrace.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.intake.Answer;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One HTTP call: its body, its identity, whether its client is still there, and the one answer it gets.
 *
 * <p>Thread: the call's virtual thread; only the hang-up hook runs on the event loop.
 */
public final class Exchange {
  private final RoutingContext routing;
  private final Context context;
  private final String id;
  private final JsonFields body;
  private final AtomicBoolean gone = new AtomicBoolean();
  private volatile Runnable onHangUp = () -> {};
  private volatile boolean answered;

  Exchange(RoutingContext routing, Context context, String id, JsonFields body) {
    this.routing = routing;
    this.context = context;
    this.id = id;
    this.body = body;
    HttpServerResponse response = routing.response();
    response.closeHandler(_ -> hangUp());
    response.exceptionHandler(_ -> hangUp());
    if (response.closed()) hangUp();
  }

  /** The caller's request id, or one of ours. */
  public String id() {
    return id;
  }

  /** The fields of the body. */
  public JsonFields body() {
    return body;
  }

  /** A part of the route's path. */
  public String pathPart(String name) {
    return routing.pathParam(name);
  }

  /** Runs {@code hook} when the client hangs up before the answer is complete, at once if it already has. Last one set wins. */
  public void onHangUp(Runnable hook) {
    onHangUp = hook;
    if (gone.get()) hook.run();
  }

  public boolean clientGone() {
    return gone.get();
  }

  /** The value of an answer, or the end of this handler. */
  public static <T> T require(Answer<T> answer) {
    return switch (answer) {
      case Answer.Given<T>(T value) -> value;
      case Answer.Refused<T>(var rejection) -> throw new RefusedCall(rejection);
    };
  }

  /** Whether the caller asks for JSON of a document that comes in another form too: by {@code format=json} or by what it accepts. */
  public boolean wantsJson() {
    String accept = routing.request().getHeader("accept");
    return "json".equalsIgnoreCase(routing.request().getParam("format")) || accept != null && accept.contains("application/json");
  }

  /** Answers with a document of another type. */
  public void answer(String type, byte[] document) {
    end(200, type, document, null);
  }

  /** Answers with a JSON document. */
  public void answer(JsonNode json) {
    answer(200, json);
  }

  /** Answers with a JSON document under a status of its own. */
  public void answer(int status, JsonNode json) {
    end(status, "application/json", Json.bytes(json), null);
  }

  /** Answers with an error. */
  public void answer(ErrorObject error) {
    end(error.status(), "application/json", Json.bytes(error.json()), error.retryAfter());
  }

  /** Begins a stream of server-sent events; after this the status is fixed. */
  public EventStream stream() {
    answered = true;
    return new EventStream(routing.response(), context, gone::get);
  }

  boolean answered() {
    return answered;
  }

  private void end(int status, String type, byte[] body, @org.jspecify.annotations.Nullable Duration retryAfter) {
    answered = true;
    context.runOnContext(
        _ -> {
          HttpServerResponse response = routing.response();
          if (response.ended() || response.closed()) return;
          response.setStatusCode(status).putHeader("content-type", type);
          if (retryAfter != null) {
            response.putHeader("retry-after", Long.toString(Math.clamp(retryAfter.toSeconds(), 1, 60)));
            response.putHeader("retry-after-ms", Long.toString(Math.clamp(retryAfter.toMillis(), 1, 60_000)));
          }
          response.end(Buffer.buffer(body));
        });
  }

  private void hangUp() {
    if (routing.response().ended()) return;
    if (gone.compareAndSet(false, true)) onHangUp.run();
  }
}
