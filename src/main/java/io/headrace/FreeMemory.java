package io.headrace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Memory this process may still take: what the system has available, within the limits of its control group and the groups above it,
 * of version 2 or 1 (Linux).
 *
 * @param proc where the process file system is mounted
 * @param groups where control groups are
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">Control groups, version 2</a>
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/memory.html">Version 1, memory</a>
 */
record FreeMemory(Path proc, Path groups) {
  /** Assumed where the system does not say. */
  private static final long UNKNOWN = 2L << 30;

  private static final long LEAST = 64L << 20;

  /** The files in which a version keeps limit and use of a group, and the field for file pages that it would rather give back. */
  private record GroupFiles(String limit, String use, String cache) {}

  private static final GroupFiles VERSION_2 = new GroupFiles("memory.max", "memory.current", "inactive_file");
  private static final GroupFiles VERSION_1 = new GroupFiles("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");

  static FreeMemory ofThisMachine() {
    return new FreeMemory(Path.of("/proc"), Path.of("/sys/fs/cgroup"));
  }

  /** Bytes, above 0. */
  long bytes() {
    return Math.max(LEAST, Math.min(available(), leftInGroups()));
  }

  private long available() {
    return field(proc.resolve("meminfo"), "MemAvailable:").map(kilobytes -> kilobytes << 10).orElse(UNKNOWN);
  }

  /** Lines {@code id:controllers:path}; version 2 names no controllers. */
  private long leftInGroups() {
    long left = Long.MAX_VALUE;
    for (String line : lines(proc.resolve("self/cgroup"))) {
      String[] parts = line.split(":", 3);
      if (parts.length < 3) continue;
      if (parts[1].isEmpty()) {
        left = Math.min(left, leftUpTo(groups, parts[2], VERSION_2));
      } else if (List.of(parts[1].split(",")).contains("memory")) {
        left = Math.min(left, leftUpTo(groups.resolve("memory"), parts[2], VERSION_1));
      }
    }
    return left;
  }

  /** The least that the group and those above it leave. In a container the path may be the host's: then the mount is the group. */
  private static long leftUpTo(Path mount, String path, GroupFiles files) {
    long left = Long.MAX_VALUE;
    Path group = mount.resolve(path.substring(Math.min(1, path.length()))).normalize();
    if (!group.startsWith(mount)) group = mount;
    while (true) {
      left = Math.min(left, left(group, files));
      if (group.equals(mount)) return left;
      group = group.getParent();
    }
  }

  private static long left(Path group, GroupFiles files) {
    Optional<Long> limit = number(group.resolve(files.limit));
    Optional<Long> use = number(group.resolve(files.use));
    if (limit.isEmpty() || use.isEmpty()) return Long.MAX_VALUE;
    long cache = field(group.resolve("memory.stat"), files.cache).orElse(0L);
    return Math.max(0, limit.get() - Math.max(0, use.get() - cache));
  }

  /** The number after {@code name} in a file of lines, a name and a number each. */
  static Optional<Long> field(Path file, String name) {
    for (String line : lines(file)) {
      String[] words = line.strip().split("\\s+");
      if (words.length > 1 && words[0].equals(name)) return parsed(words[1]);
    }
    return Optional.empty();
  }

  private static Optional<Long> number(Path file) {
    List<String> lines = lines(file);
    return lines.isEmpty() ? Optional.empty() : parsed(lines.getFirst().strip());
  }

  private static Optional<Long> parsed(String number) {
    try {
      return Optional.of(Long.parseLong(number));
    } catch (NumberFormatException unlimited) {
      return Optional.empty(); // "max"
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException absent) {
      return List.of();
    }
  }
}
