package io.headrace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * What the process holds in memory, as the system counts it. Both numbers come from one look at {@code smaps_rollup}, which walks the
 * process's page tables (a millisecond or two): looked at again at most once a second.
 *
 * <p>Thread: any.
 */
final class ResidentMemory {
  private static final long FRESH_NANOS = 1_000_000_000L;

  /**
   * One look.
   *
   * @param bytes in memory now; 0 where the system does not say
   * @param hugePageBytes of these, in huge pages
   */
  record Look(long bytes, long hugePageBytes) {}

  private record Dated(Look look, long nanos) {}

  private final Path rollup;
  private final LongSupplier nanoClock;
  private volatile Dated last;

  ResidentMemory() {
    this(Path.of("/proc/self/smaps_rollup"), System::nanoTime);
  }

  ResidentMemory(Path rollup, LongSupplier nanoClock) {
    this.rollup = rollup;
    this.nanoClock = nanoClock;
    this.last = new Dated(new Look(0, 0), nanoClock.getAsLong() - FRESH_NANOS);
  }

  Look look() {
    Dated known = last;
    long now = nanoClock.getAsLong();
    if (now - known.nanos < FRESH_NANOS) return known.look;
    Look look = read();
    last = new Dated(look, now);
    return look;
  }

  private Look read() {
    long resident = 0;
    long huge = 0;
    try {
      for (String line : Files.readAllLines(rollup)) {
        if (line.startsWith("Rss:")) resident = kilobytes(line);
        if (line.startsWith("AnonHugePages:")) huge = kilobytes(line);
      }
    } catch (IOException | NumberFormatException unknown) {
      return new Look(0, 0);
    }
    return new Look(resident << 10, huge << 10);
  }

  private static long kilobytes(String line) {
    return Long.parseLong(line.substring(line.indexOf(':') + 1, line.length() - 2).strip());
  }
}
