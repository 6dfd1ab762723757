package io.headrace.store;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What pip's verbose output tells: whether it is looking for its index, has reached it, how large
 * the file is, and why it failed. The lines looked for are those of pip 20 to 25; with a pip that
 * words them otherwise, only the quick failure is lost.
 *
 * <p>Thread: one writer ({@link #line}), any reader.
 */
final class PipOutput {
  private static final Pattern SIZE =
      Pattern.compile("Downloading .*\\.whl \\(([0-9.]+) ([kMG]?B)\\)");
  private static final Pattern CAUSE =
      Pattern.compile("(?:Caused by |connection broken by ')(\\w+)\\((?:[^:]*: )?(.*)");
  private static final String[] REACHED = {
    "Fetched page", "Found link", "Downloading ", "Using cached ", "Saved ", "Processing "
  };

  private @Nullable Long contactingSinceNanos;
  private boolean reached;
  private boolean refused;
  private long lastLineNanos;
  private long totalBytes = -1;
  private String cause = "";
  private String firstError = "";
  private String lastLine = "";

  PipOutput(long nowNanos) {
    lastLineNanos = nowNanos;
  }

  synchronized void line(String text, long nowNanos) {
    lastLineNanos = nowNanos;
    String line = text.strip();
    if (line.isEmpty()) return;
    lastLine = line;
    if (contactingSinceNanos == null
        && (line.startsWith("Getting page") || line.startsWith("Collecting "))) {
      contactingSinceNanos = nowNanos;
    }
    for (String sign : REACHED) reached |= line.startsWith(sign);
    Matcher size = SIZE.matcher(line);
    if (size.find()) totalBytes = bytes(size.group(1), size.group(2));
    Matcher because = CAUSE.matcher(line);
    if (because.find()) {
      cause = because.group(1) + ": " + because.group(2).replaceAll("['\")]+(: /.*)?$", "");
      refused |=
          line.contains("NewConnectionError")
              || line.contains("NameResolutionError")
              || line.contains("ConnectTimeout");
    } else if (line.startsWith("WARNING: The repository located at")
        || line.startsWith("Could not fetch URL")) {
      cause = line;
    }
    if (firstError.isEmpty() && line.startsWith("ERROR:"))
      firstError = line.substring("ERROR:".length()).strip();
  }

  private static long bytes(String number, String unit) {
    double factor =
        switch (unit.toLowerCase(Locale.ROOT)) {
          case "gb" -> 1e9;
          case "mb" -> 1e6;
          case "kb" -> 1e3;
          default -> 1;
        };
    try {
      return (long) (Double.parseDouble(number) * factor);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** Whether the index answered. */
  synchronized boolean reached() {
    return reached;
  }

  /** Whether nothing answered and pip was told so; it would only retry. */
  synchronized boolean refused() {
    return refused && !reached;
  }

  /**
   * How long the index has been sought in vain, in nanoseconds; 0 when it was reached or is not
   * sought yet.
   */
  synchronized long seekingNanos(long nowNanos) {
    return reached || contactingSinceNanos == null ? 0 : nowNanos - contactingSinceNanos;
  }

  synchronized long lastLineNanos() {
    return lastLineNanos;
  }

  /** The wheel's size to three digits or so, else -1. */
  synchronized long totalBytes() {
    return totalBytes;
  }

  synchronized boolean says(String text) {
    return lastLine.contains(text) || firstError.contains(text) || cause.contains(text);
  }

  /** The best reason the output gives, at most 300 characters. */
  synchronized String reason() {
    String best = !cause.isEmpty() ? cause : !firstError.isEmpty() ? firstError : lastLine;
    if (best.isEmpty()) best = "it said nothing";
    return best.length() <= 300 ? best : best.substring(0, 300) + "...";
  }
}
