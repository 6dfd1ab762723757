package io.headrace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Memory this process may still take: what the system has available, within its control group's limit (Linux). */
final class FreeMemory {
  /** Assumed where the system does not say. */
  private static final long UNKNOWN = 2L << 30;

  private FreeMemory() {}

  /** Bytes, above 0. */
  static long bytes() {
    return Math.max(64L << 20, Math.min(available(), groupLimit()));
  }

  private static long available() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
        if (line.startsWith("MemAvailable:")) return Long.parseLong(line.replaceAll("\\D+", "")) << 10;
      }
    } catch (IOException | NumberFormatException unknown) {
      return UNKNOWN;
    }
    return UNKNOWN;
  }

  private static long groupLimit() {
    try {
      long max = Long.parseLong(Files.readString(Path.of("/sys/fs/cgroup/memory.max")).strip());
      long current = Long.parseLong(Files.readString(Path.of("/sys/fs/cgroup/memory.current")).strip());
      return max - current;
    } catch (IOException | NumberFormatException unlimited) {
      return Long.MAX_VALUE;
    }
  }
}
