package io.headrace.engine;

/**
 * Why the engine did not take a request. Nothing of it was kept. Carries no stack: it is an answer,
 * not a defect.
 */
public final class EngineRefusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The kinds of refusal. */
  public enum Reason {
    /** As many requests wait as may wait; try again later. */
    FULL,
    /** The engine is draining or closed. */
    CLOSING,
    /** The served model cannot be decoded as the request asks. */
    DECODING
  }

  private final Reason reason;

  EngineRefusal(Reason reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
