package io.headrace.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class ConsoleProgressTest {
  private static final long TOTAL = 98_000_000;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final AtomicLong nanos = new AtomicLong(1_000_000_000_000L);

  private String shown(boolean terminal) {
    try (var out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        var progress = new ConsoleProgress(out, terminal, "tiny", nanos::get)) {
      progress.on(new Progress.Contacting("somebody"));
      for (long at = 0; at <= TOTAL; at += 1_000_000) { // 1 MB every 100 ms
        progress.on(new Progress.Transferring(at, TOTAL));
        nanos.addAndGet(100_000_000);
      }
      progress.on(new Progress.Working("checking"));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aTerminalSeesOneLineRedrawnWithRateAndRemainingTime() {
    String text = shown(true);
    assertTrue(
        text.contains(
            "\r"
                + "tiny  [############............]  50 %  49.0 MB of 98.0 MB  10.0 MB/s  5 s"
                + " left\u001b[K"),
        text);
    assertEquals(3, text.lines().count() - text.chars().filter(c -> c == '\r').count());
    assertTrue(text.contains("tiny: checking"), text);
  }

  @Test
  void aLogSeesALineEveryFewSecondsAndTheEnd() {
    String text = shown(false);
    assertFalse(text.contains("\r"));
    assertEquals(7, text.lines().count(), text); // asked, 0 s, 3 s, 6 s, 9 s, complete, checking
    assertTrue(text.contains("tiny   30 %  30.0 MB of 98.0 MB  10.0 MB/s  7 s left"), text);
    assertTrue(text.contains("tiny  100 %  98.0 MB of 98.0 MB"), text);
  }

  @Test
  void anUnknownSizeShowsBytesAndRateOnly() {
    try (var out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        var progress = new ConsoleProgress(out, true, "tiny", nanos::get)) {
      progress.on(new Progress.Transferring(0, -1));
      nanos.addAndGet(1_000_000_000L);
      progress.on(new Progress.Transferring(2_500_000, -1));
    }
    assertTrue(
        bytes.toString(StandardCharsets.UTF_8).endsWith("\rtiny  2.5 MB  2.5 MB/s\u001b[K\n"));
  }
}
