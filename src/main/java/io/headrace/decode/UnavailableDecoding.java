package io.headrace.decode;

/**
 * A request's choice of decoding cannot be honoured with the served model; the message says what is missing. Carries no stack: it is an
 * answer, not a defect.
 */
public final class UnavailableDecoding extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String option;

  public UnavailableDecoding(String message) {
    this("", message);
  }

  /** {@code option}: of the choice, the one that asks for what is not there. */
  public UnavailableDecoding(String option, String message) {
    super(message, null, false, false);
    this.option = option;
  }

  /** The option that asks for what is not there; empty where it is the choice itself. */
  public String option() {
    return option;
  }
}
