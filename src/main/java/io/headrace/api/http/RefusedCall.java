package io.headrace.api.http;

import io.headrace.intake.Rejection;

/** Unwinds a handler with the reason for the caller. Never leaves this package's {@link Door}. */
public final class RefusedCall extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Rejection rejection;

  public RefusedCall(Rejection rejection) {
    super(rejection.message(), null, false, false);
    this.rejection = rejection;
  }

  /** A value of {@code field} that cannot be used. */
  public static RefusedCall malformed(String field, String problem) {
    return new RefusedCall(new Rejection.Malformed(field, problem));
  }

  public Rejection rejection() {
    return rejection;
  }
}
