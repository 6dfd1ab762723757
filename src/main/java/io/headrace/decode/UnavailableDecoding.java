package io.headrace.decode;

/**
 * A request's choice of decoding cannot be honoured with the served model; the message says what is missing. Carries no stack: it is an
 * answer, not a defect.
 */
public final class UnavailableDecoding extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UnavailableDecoding(String message) {
    super(message, null, false, false);
  }
}
