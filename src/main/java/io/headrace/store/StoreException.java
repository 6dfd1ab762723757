package io.headrace.store;

/**
 * Why a model could not be found or fetched. The message is meant for the user and says what to do.
 */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong, for callers that must tell cases apart. */
  public enum Kind {
    /** The name is neither in the catalogue nor a path nor a hub reference. */
    UNKNOWN_MODEL,
    /** The reference is malformed, or names something that cannot be served. */
    BAD_REFERENCE,
    /** The path does not exist or cannot be read. */
    NO_SUCH_FILE,
    /** Downloads are switched off. */
    OFFLINE,
    /** A source did not answer in time, or answered that it cannot serve now. */
    UNREACHABLE,
    /** A source wants other credentials. */
    REFUSED,
    /** A source does not have the file. */
    NOT_FOUND,
    /** A transfer broke off and could not be continued. */
    BROKEN_TRANSFER,
    /** A source served other bytes than it should. */
    WRONG_CONTENT,
    /** A program that a source needs is not installed. */
    TOOL_MISSING,
    /** Every source failed; the message lists each with its reason. */
    NO_SOURCE,
    /** The disk is full, or too full to start. */
    NO_SPACE,
    /** The store's folder cannot be read or written. */
    STORE_UNUSABLE,
    /** The caller cancelled. */
    CANCELLED;

    /** Whether the next source may still succeed. */
    boolean concernsOneSource() {
      return switch (this) {
        case OFFLINE,
            UNREACHABLE,
            REFUSED,
            NOT_FOUND,
            BROKEN_TRANSFER,
            WRONG_CONTENT,
            TOOL_MISSING ->
            true;
        case UNKNOWN_MODEL,
            BAD_REFERENCE,
            NO_SUCH_FILE,
            NO_SOURCE,
            NO_SPACE,
            STORE_UNUSABLE,
            CANCELLED ->
            false;
      };
    }
  }

  private final Kind kind;

  StoreException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  StoreException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
