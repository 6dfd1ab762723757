package io.headrace.engine;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Reports, once each, steps of the engine thread that exceed a limit, with the stack the thread has
 * at that moment. A step cannot be interrupted; the report is for people.
 *
 * <p>Thread: {@link #begin} and {@link #end} on the engine thread; a virtual thread of its own
 * looks.
 */
final class StepWatch implements AutoCloseable {
  /** Takes a report. */
  @FunctionalInterface
  interface Report {
    void slowStep(long number, Duration running, StackTraceElement[] stack);
  }

  private final Thread engine;
  private final long limitNanos;
  private final LongSupplier nanoClock;
  private final Report report;
  private final Thread looker;
  private long steps;
  private volatile long stepNumber = -1;
  private volatile long begunNanos;
  private volatile boolean closed;

  StepWatch(Thread engine, Duration limit, LongSupplier nanoClock, Report report) {
    this.engine = engine;
    this.limitNanos = limit.toNanos();
    this.nanoClock = nanoClock;
    this.report = report;
    looker = Thread.ofVirtual().name(engine.getName() + "-watch").start(this::look);
  }

  /** Logs a warning. */
  static Report logged(System.Logger log) {
    return (number, running, stack) -> {
      var text = new StringBuilder();
      for (StackTraceElement frame : stack) text.append("\n\tat ").append(frame);
      log.log(
          System.Logger.Level.WARNING,
          "step {0} has been running for {1} ms; the engine thread is at:{2}",
          String.valueOf(number),
          String.valueOf(running.toMillis()),
          text);
    };
  }

  void begin() {
    begunNanos = nanoClock.getAsLong();
    stepNumber = steps++;
  }

  void end() {
    stepNumber = -1;
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(looker);
  }

  private void look() {
    long reported = -1;
    while (!closed) {
      // Half the limit: a slow step is seen at the latest when it takes one and a half times the
      // limit.
      LockSupport.parkNanos(this, Math.max(1_000_000, limitNanos / 2));
      long number = stepNumber;
      long running = nanoClock.getAsLong() - begunNanos;
      if (number < 0 || number == reported || running < limitNanos) continue;
      StackTraceElement[] stack = engine.getStackTrace();
      if (stepNumber != number) continue;
      reported = number;
      report.slowStep(number, Duration.ofNanos(running), stack);
    }
  }
}
