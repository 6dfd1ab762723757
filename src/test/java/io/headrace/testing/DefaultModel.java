package io.headrace.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where the default model's file is, for tests that need the real one. */
public final class DefaultModel {
  private DefaultModel() {}

  /** The file named by the system property {@code headrace.test.model}; empty where it is not set or not there. */
  public static Optional<Path> path() {
    return Optional.ofNullable(System.getProperty("headrace.test.model")).map(Path::of).filter(Files::isRegularFile);
  }
}
