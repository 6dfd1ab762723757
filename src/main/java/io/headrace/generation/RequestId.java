package io.headrace.generation;

/** Names one generation within a server's life; {@code value} is never blank. */
public record RequestId(String value) {
  public RequestId {
    if (value.isBlank()) throw new IllegalArgumentException("a request id must not be blank");
  }

  /** Written out, as {@link #equals}: a record's own is linked when it is first called, which the first request of a server would wait for. */
  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RequestId id && id.value.equals(value);
  }
}
