package io.headrace.train;

import java.nio.file.Path;

/** A corpus or a prompt file that cannot be used as it is; the message says what to do. */
public final class CorpusException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CorpusException(Path file, String problem) {
    super(file + ": " + problem);
  }

  public CorpusException(Path file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
  }
}
