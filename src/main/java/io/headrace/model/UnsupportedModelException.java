package io.headrace.model;

import java.nio.file.Path;

/** A sound model file that this server cannot run. The message names the file, the reason and what can be run instead. */
public final class UnsupportedModelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnsupportedModelException(Path file, String reason) {
    super(file + ": " + reason);
  }
}
