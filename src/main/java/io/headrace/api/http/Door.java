package io.headrace.api.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts JSON routes on a router: checks media type, size and syntax, names the call, runs its handler on a virtual thread, and turns
 * whatever unwinds it into one error object.
 *
 * <p>Thread: construction and routing on any thread before the server listens; handlers on virtual threads.
 */
public final class Door {
  private static final Logger LOG = System.getLogger(Door.class.getName());
  private static final Pattern REQUEST_ID = Pattern.compile("[\\x21-\\x7e]{1,128}");

  /** Answers one call; whatever it throws becomes an error object. */
  @FunctionalInterface
  public interface Handler {
    void handle(Exchange exchange) throws InterruptedException;
  }

  private final Router router;
  private final ExecutorService threads;
  private final long bodyLimit;
  private final List<String> paths = new ArrayList<>();

  /**
   * Names every call on {@code router} from here on.
   *
   * @param threads runs handlers, which block: one virtual thread a call
   * @param bodyLimit bytes of a request body at most
   */
  public Door(Router router, ExecutorService threads, long bodyLimit) {
    this.router = router;
    this.threads = threads;
    this.bodyLimit = bodyLimit;
    router.route().order(-1_000_000).handler(Door::identify);
  }

  /** A route that takes a JSON object. */
  public Door post(String path, Handler handler) {
    router
        .post(path)
        .handler(BodyHandler.create(false).setBodyLimit(bodyLimit))
        .handler(routing -> start(routing, true, handler))
        .failureHandler(this::fail);
    return only(path, HttpMethod.POST);
  }

  /** A route without a body. */
  public Door get(String path, Handler handler) {
    router
        .get(path)
        .handler(routing -> start(routing, false, handler))
        .failureHandler(this::fail);
    return only(path, HttpMethod.GET);
  }

  /** Answers every path below {@code prefix} that no route took with a JSON 404. Call it last. */
  public void refuseTheRest(String prefix) {
    router
        .route(prefix + "*")
        .order(Integer.MAX_VALUE)
        .handler(
            routing ->
                end(routing, ErrorObject.noRoute(routing.request().method().name(), routing.normalizedPath())));
  }

  private Door only(String path, HttpMethod method) {
    if (paths.contains(path)) return this;
    paths.add(path);
    router
        .route(path)
        .order(Integer.MAX_VALUE - 1)
        .handler(
            routing -> {
              if (routing.request().method() == HttpMethod.OPTIONS) {
                routing.response().putHeader("allow", method.name()).setStatusCode(204).end();
                return;
              }
              routing.response().putHeader("allow", method.name());
              end(routing, ErrorObject.wrongMethod(routing.request().method().name(), routing.normalizedPath(), method.name()));
            });
    return this;
  }

  private static void identify(RoutingContext routing) {
    String given = routing.request().getHeader("x-request-id");
    String id = given != null && REQUEST_ID.matcher(given).matches() ? given : UUID.randomUUID().toString();
    routing.put("request-id", id);
    routing.response().putHeader("x-request-id", id);
    routing.next();
  }

  private void start(RoutingContext routing, boolean hasBody, Handler handler) {
    Context context = Vertx.currentContext();
    Buffer buffer = hasBody ? routing.body().buffer() : null;
    String type = routing.request().getHeader("content-type");
    if (hasBody && type != null && !acceptable(type)) {
      end(routing, ErrorObject.wrongMediaType(type));
      return;
    }
    threads.execute(() -> run(routing, context, hasBody, buffer, handler));
  }

  private static boolean acceptable(String type) {
    String media = type.split(";", 2)[0].trim();
    return media.equalsIgnoreCase("application/json") || media.toLowerCase(java.util.Locale.ROOT).endsWith("+json");
  }

  private void run(RoutingContext routing, Context context, boolean hasBody, @Nullable Buffer buffer, Handler handler) {
    String id = routing.get("request-id");
    Exchange exchange;
    try {
      exchange = new Exchange(routing, context, id, JsonFields.of(hasBody ? parse(buffer) : Json.object()));
    } catch (BadJson bad) {
      new Exchange(routing, context, id, JsonFields.of(Json.object())).answer(ErrorObject.invalidJson(bad.getMessage()));
      return;
    }
    try {
      handler.handle(exchange);
    } catch (RefusedCall refused) {
      exchange.answer(ErrorObject.of(refused.rejection()));
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      if (!exchange.answered()) exchange.answer(ErrorObject.of(new io.headrace.intake.Rejection.Draining()));
    } catch (RejectedExecutionException closed) {
      LOG.log(Level.DEBUG, "request " + id + " outlived its connection's event loop");
    } catch (RuntimeException | Error defect) {
      LOG.log(Level.ERROR, "request " + id + " failed", defect);
      if (!exchange.answered()) exchange.answer(ErrorObject.internal(id));
      if (defect instanceof VirtualMachineError fatal) throw fatal;
    }
  }

  private static ObjectNode parse(@Nullable Buffer buffer) {
    if (buffer == null || buffer.length() == 0) throw new BadJson("The request has no body; send a JSON object.");
    JsonNode node;
    try {
      node = Json.read(buffer.getBytes());
    } catch (JsonProcessingException wrong) {
      var at = wrong.getLocation();
      throw new BadJson(
          "The body is not valid JSON: %s (line %d, column %d)."
              .formatted(wrong.getOriginalMessage(), at == null ? 0 : at.getLineNr(), at == null ? 0 : at.getColumnNr()));
    } catch (IOException wrong) {
      throw new BadJson("The body is not valid JSON: " + wrong.getMessage());
    }
    if (!(node instanceof ObjectNode object)) throw new BadJson("The body must be a JSON object.");
    return object;
  }

  private void fail(RoutingContext routing) {
    if (routing.statusCode() == 413) {
      end(routing, ErrorObject.tooLarge(bodyLimit));
      return;
    }
    String id = routing.get("request-id");
    if (routing.response().closed()) return;
    if (routing.failure() != null) LOG.log(Level.ERROR, "request " + id + " failed", routing.failure());
    end(routing, ErrorObject.internal(id));
  }

  private static void end(RoutingContext routing, ErrorObject error) {
    if (routing.response().ended() || routing.response().closed()) return;
    routing
        .response()
        .setStatusCode(error.status())
        .putHeader("content-type", "application/json")
        .end(Buffer.buffer(Json.bytes(error.json())));
  }

  private static final class BadJson extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadJson(String message) {
      super(message, null, false, false);
    }
  }
}
