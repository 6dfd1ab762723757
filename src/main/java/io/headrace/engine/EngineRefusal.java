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
  private final String option;

  EngineRefusal(Reason reason, String message) {
    this(reason, "", message);
  }

  EngineRefusal(Reason reason, String option, String message) {
    super(message, null, false, false);
    this.reason = reason;
    this.option = option;
  }

  /** With {@link Reason#DECODING}: the option of the choice that asks for what is not there; empty where it is the choice itself. */
  public String option() {
    return option;
  }

  public Reason reason() {
    return reason;
  }
}
