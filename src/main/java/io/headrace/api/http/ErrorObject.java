package io.headrace.api.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.generation.Failure;
import io.headrace.intake.Rejection;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An error as OpenAI's protocol writes it, with its status.
 *
 * @param status HTTP status
 * @param type OpenAI's error type
 * @param code OpenAI's error code, always a string
 * @param param the field at fault, if one is
 * @param retryAfter when to come back, if coming back helps; at most 60 s
 */
public record ErrorObject(
    int status,
    String type,
    String code,
    @Nullable String param,
    String message,
    @Nullable Duration retryAfter) {
  private static final String INVALID = "invalid_request_error";

  /** The one mapping of refusals; a new case does not compile until it has a status here. */
  public static ErrorObject of(Rejection rejection) {
    String message = rejection.message();
    return switch (rejection) {
      case Rejection.Malformed m -> invalid("invalid_value", m.field(), message);
      case Rejection.Unsupported u -> invalid("unsupported_parameter", u.field(), message);
      case Rejection.PromptTooLong p -> invalid("context_length_exceeded", p.field(), message);
      case Rejection.TemplateRefused _ -> invalid("invalid_value", "messages", message);
      case Rejection.UnknownModel _ ->
          new ErrorObject(404, INVALID, "model_not_found", "model", message, null);
      case Rejection.Overloaded o ->
          new ErrorObject(503, "service_unavailable_error", "server_is_overloaded", null, message, o.retryAfter());
      case Rejection.Draining _ ->
          new ErrorObject(503, "service_unavailable_error", "shutting_down", null, message, Duration.ofSeconds(5));
    };
  }

  /** The one mapping of failures after acceptance. */
  public static ErrorObject of(Failure failure) {
    return switch (failure) {
      case Failure.Internal f -> new ErrorObject(500, "server_error", "internal_error", null, f.message(), null);
      case Failure.OutOfKvMemory f ->
          invalid("context_length_exceeded", null, f.message());
      case Failure.ShuttingDown f ->
          new ErrorObject(503, "service_unavailable_error", "shutting_down", null, f.message(), Duration.ofSeconds(5));
    };
  }

  static ErrorObject invalidJson(String problem) {
    return invalid("invalid_json", null, problem);
  }

  static ErrorObject noRoute(String method, String path) {
    return new ErrorObject(
        404, INVALID, "not_found", null, "There is no route %s %s. The API is described at /q/openapi.".formatted(method, path), null);
  }

  static ErrorObject wrongMethod(String method, String path, String allowed) {
    return new ErrorObject(
        405, INVALID, "method_not_allowed", null, "%s is not allowed on %s; use %s.".formatted(method, path, allowed), null);
  }

  static ErrorObject wrongMediaType(String given) {
    return new ErrorObject(
        415, INVALID, "unsupported_media_type", null,
        "The body must be application/json in UTF-8, not '%s'.".formatted(given), null);
  }

  static ErrorObject tooLarge(long limit) {
    return new ErrorObject(
        413, INVALID, "request_too_large", null, "The body is larger than %d bytes.".formatted(limit), null);
  }

  static ErrorObject internal(String requestId) {
    return new ErrorObject(
        500, "server_error", "internal_error", null, "An internal error occurred; the server's log names request %s.".formatted(requestId), null);
  }

  private static ErrorObject invalid(String code, @Nullable String param, String message) {
    return new ErrorObject(400, INVALID, code, param, message, null);
  }

  /** {@code {"error": {...}}}. */
  public ObjectNode json() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.putObject("error").put("message", message).put("type", type).put("param", param).put("code", code);
    return root;
  }
}
