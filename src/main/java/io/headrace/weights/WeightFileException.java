package io.headrace.weights;

import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A model file cannot be used: it is missing, damaged, lies about itself, or holds something this
 * server does not serve. The message names the file, the byte where known, the reason, and what to
 * do where something can be done.
 */
public final class WeightFileException extends RuntimeException {
  private static final long NOWHERE = -1;

  private final transient Path file;
  private final long offset;
  private final String reason;

  WeightFileException(Path file, long offset, String reason) {
    super("%s: at byte %d: %s".formatted(file, offset, reason));
    this.file = file;
    this.offset = offset;
    this.reason = reason;
  }

  WeightFileException(Path file, String reason) {
    this(file, reason, null);
  }

  WeightFileException(Path file, String reason, @Nullable Throwable cause) {
    super("%s: %s".formatted(file, reason), cause);
    this.file = file;
    this.offset = NOWHERE;
    this.reason = reason;
  }

  /** The file or folder at fault. */
  public Path file() {
    return file;
  }

  /** Bytes from the start of {@link #file()}, where the reason belongs to one place in it. */
  public OptionalLong offset() {
    return offset == NOWHERE ? OptionalLong.empty() : OptionalLong.of(offset);
  }

  /** The message without file and offset. */
  public String reason() {
    return reason;
  }
}
