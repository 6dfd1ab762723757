package io.headrace.generation;

/** Names one generation within a server's life; {@code value} is never blank. */
public record RequestId(String value) {
  public RequestId {
    if (value.isBlank()) throw new IllegalArgumentException("a request id must not be blank");
  }
}
