package io.headrace.text.jinja;

import java.io.Serial;

/** Why a template could not be parsed or rendered. */
public final class TemplateException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  /** Whose fault it is, as far as a caller can act on it. */
  public enum Kind {
    /** The template's text is not valid. */
    SYNTAX,
    /**
     * The template called {@code raise_exception}: the message is meant for whoever sent the
     * conversation.
     */
    RAISED,
    /** A type, lookup or value error while rendering, such as adding None to a text. */
    RUNTIME,
    /** The template ran into one of its {@link Limits}. */
    LIMIT
  }

  private final Kind kind;
  private final int line;
  private final String reason;

  TemplateException(Kind kind, int line, String reason) {
    super(kind == Kind.RAISED || line <= 0 ? reason : "chat template line " + line + ": " + reason);
    this.kind = kind;
    this.line = line;
    this.reason = reason;
  }

  /** What kind of failure this is. */
  public Kind kind() {
    return kind;
  }

  /** Line of the template, from 1; 0 where no line is to blame. */
  public int line() {
    return line;
  }

  /** The message without the line; for {@link Kind#RAISED} exactly what the template raised. */
  public String reason() {
    return reason;
  }
}
