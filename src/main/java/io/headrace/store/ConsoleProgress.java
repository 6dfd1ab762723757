package io.headrace.store;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows a pull to a person: on a terminal one line that is redrawn, elsewhere a line every few
 * seconds.
 *
 * <p>Thread: the pulling one. {@link #close} ends a line that stands open.
 */
public final class ConsoleProgress implements ProgressListener, AutoCloseable {
  private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();
  private static final long LINE_NANOS = Duration.ofSeconds(3).toNanos();

  /** Span over which the rate is taken: long enough to be calm, short enough to follow the line. */
  private static final long RATE_NANOS = Duration.ofSeconds(5).toNanos();

  private static final int BAR_COLUMNS = 24;

  private final PrintStream out;
  private final boolean terminal;
  private final String name;
  private final LongSupplier nanoClock;
  private final Deque<Sample> samples = new ArrayDeque<>();
  private long lastShownNanos;
  private boolean shown;
  private boolean lineOpen;

  private record Sample(long nanos, long bytes) {}

  /**
   * @param terminal whether {@code out} is one, so that a line can be redrawn
   * @param name what is being pulled
   */
  public ConsoleProgress(PrintStream out, boolean terminal, String name, LongSupplier nanoClock) {
    this.out = out;
    this.terminal = terminal;
    this.name = name;
    this.nanoClock = nanoClock;
  }

  @Override
  public void on(Progress progress) {
    switch (progress) {
      case Progress.Contacting contacting -> {
        samples.clear();
        shown = false;
        line(name + ": asking " + contacting.source());
      }
      case Progress.Transferring transferring ->
          transferring(transferring.bytes(), transferring.totalBytes());
      case Progress.Working working -> line(name + ": " + working.what());
      case Progress.Waiting waiting -> line(name + ": " + waiting.reason());
      case Progress.SourceFailed failed ->
          line(name + ": " + failed.source() + ": " + failed.reason());
      case Progress.Note note -> line(name + ": " + note.text());
    }
  }

  private void transferring(long bytes, long total) {
    long now = nanoClock.getAsLong();
    if (!samples.isEmpty() && bytes < samples.getLast().bytes()) samples.clear(); // a fresh start
    if (samples.isEmpty() || now - samples.getLast().nanos() >= REDRAW_NANOS)
      samples.addLast(new Sample(now, bytes));
    while (samples.size() > 1 && now - samples.getFirst().nanos() > RATE_NANOS)
      samples.removeFirst();
    boolean due = now - lastShownNanos >= (terminal ? REDRAW_NANOS : LINE_NANOS);
    if (shown && !due && bytes != total) return;
    shown = true;
    lastShownNanos = now;
    String text = name + "  " + (terminal ? bar(bytes, total) : "") + figures(now, bytes, total);
    if (!terminal) {
      out.println(text);
      return;
    }
    out.print("\r" + text + "\u001b[K");
    out.flush();
    lineOpen = true;
  }

  private static String bar(long bytes, long total) {
    if (total <= 0) return "";
    int full = (int) Math.min(BAR_COLUMNS, bytes * BAR_COLUMNS / total);
    return "[" + "#".repeat(full) + ".".repeat(BAR_COLUMNS - full) + "] ";
  }

  private String figures(long now, long bytes, long total) {
    StringBuilder text = new StringBuilder();
    if (total > 0) {
      text.append(
          String.format(
              Locale.ROOT,
              "%3d %%  %s of %s",
              Math.min(100, bytes * 100 / total),
              size(bytes),
              size(total)));
    } else {
      text.append(size(bytes));
    }
    double rate = bytesPerSecond(now, bytes);
    if (rate > 0) {
      text.append("  ").append(size((long) rate)).append("/s");
      if (total > bytes)
        text.append("  ").append(time((long) Math.ceil((total - bytes) / rate))).append(" left");
    }
    return text.toString();
  }

  private double bytesPerSecond(long now, long bytes) {
    Sample first = samples.getFirst();
    return now > first.nanos() ? (bytes - first.bytes()) * 1e9 / (now - first.nanos()) : 0;
  }

  /** Bytes in decimal units, as sources and disks state them. */
  static String size(long bytes) {
    if (bytes >= 1_000_000_000L) return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    if (bytes >= 1_000_000L) return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    return String.format(Locale.ROOT, "%.1f kB", bytes / 1e3);
  }

  private static String time(long seconds) {
    if (seconds < 60) return seconds + " s";
    if (seconds < 3600)
      return String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60);
    return String.format(Locale.ROOT, "%d h %02d min", seconds / 3600, seconds % 3600 / 60);
  }

  private void line(String text) {
    close();
    out.println(text);
  }

  @Override
  public void close() {
    if (lineOpen) out.println();
    lineOpen = false;
  }
}
