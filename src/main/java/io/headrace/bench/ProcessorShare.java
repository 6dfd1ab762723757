package io.headrace.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;

/** The part of the machine's processors that other processes used since construction (Linux, /proc). Any thread. */
public final class ProcessorShare {
  private static final Path STAT = Path.of("/proc/stat");
  private static final Path SELF = Path.of("/proc/self/stat");

  /** More than this taken by others, and figures say little about the engine. */
  private static final double MOST_FOREIGN = 0.05;

  private final long[] begun = read();

  /** In [0, 1]; empty where the system does not say. */
  public OptionalDouble foreign() {
    long[] now = read();
    if (now.length == 0 || begun.length == 0 || now[1] == begun[1]) return OptionalDouble.empty();
    double busy = now[0] - begun[0];
    double total = now[1] - begun[1];
    double own = now[2] - begun[2];
    return OptionalDouble.of(Math.max(0, busy - own) / total);
  }

  /** Whether others took too much for figures to be quoted. */
  static boolean disturbs(OptionalDouble foreign) {
    return foreign.isPresent() && foreign.getAsDouble() > MOST_FOREIGN;
  }

  /** Busy, total and own ticks. */
  private static long[] read() {
    try {
      List<String> fields = List.of(Files.readAllLines(STAT).getFirst().trim().split("\\s+"));
      long total = 0;
      long idle = 0;
      for (int i = 1; i < Math.min(9, fields.size()); i++) {
        long ticks = Long.parseLong(fields.get(i));
        total += ticks;
        if (i == 4 || i == 5) idle += ticks;
      }
      String self = Files.readString(SELF);
      String[] own = self.substring(self.lastIndexOf(')') + 2).split(" ");
      return new long[] {total - idle, total, Long.parseLong(own[11]) + Long.parseLong(own[12])};
    } catch (IOException | RuntimeException unknown) {
      return new long[0];
    }
  }
}
