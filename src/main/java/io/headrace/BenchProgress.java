package io.headrace;

import java.io.PrintStream;

/** Says what a bench is doing: on a terminal in one line that is written over, elsewhere a line when the round changes. */
final class BenchProgress implements AutoCloseable {
  private final PrintStream out;
  private final boolean terminal;
  private int width;
  private String round = "";

  /** On the error stream. */
  BenchProgress() {
    this(System.err, System.console() != null && System.console().isTerminal());
  }

  private BenchProgress(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** What is being measured now; what stands before a colon is the round. */
  void say(String now) {
    if (terminal) {
      out.print("\r" + now + " ".repeat(Math.max(0, width - now.length())));
      out.flush();
      width = now.length();
      return;
    }
    String before = now.substring(0, Math.max(0, now.indexOf(':')));
    if (before.isEmpty() || !before.equals(round)) out.println(before.isEmpty() ? now : before);
    round = before;
  }

  /** A line that stays. */
  void line(String text) {
    clear();
    out.println(text);
  }

  /** Takes the line away. */
  void clear() {
    if (terminal && width > 0) out.print("\r" + " ".repeat(width) + "\r");
    width = 0;
  }

  @Override
  public void close() {
    clear();
  }
}
