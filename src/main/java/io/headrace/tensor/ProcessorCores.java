package io.headrace.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/** How many physical cores this process may use. */
public final class ProcessorCores {
  private static final Path CPUS = Path.of("/sys/devices/system/cpu");
  private static final Pattern CPU = Pattern.compile("cpu\\d+");

  private ProcessorCores() {}

  /**
   * Physical cores available to the process, 1 to 64. The JVM's count of processors respects affinity and cgroup limits but counts
   * hardware threads; two hardware threads share one core's multipliers, so we never use more threads than cores.
   */
  public static int available() {
    int processors = Runtime.getRuntime().availableProcessors();
    int cores = physical(CPUS);
    return Math.clamp(cores > 0 ? Math.min(processors, cores) : processors, 1, 64);
  }

  /** Distinct sibling lists below {@code cpus}; 0 when the system does not tell. */
  static int physical(Path cpus) {
    Set<String> siblings = new HashSet<>();
    try (var entries = Files.newDirectoryStream(cpus)) {
      for (Path cpu : entries) {
        Path list = cpu.resolve("topology/thread_siblings_list");
        if (CPU.matcher(cpu.getFileName().toString()).matches() && Files.isReadable(list)) {
          siblings.add(Files.readString(list).strip());
        }
      }
    } catch (IOException unknown) {
      return 0;
    }
    return siblings.size();
  }
}
