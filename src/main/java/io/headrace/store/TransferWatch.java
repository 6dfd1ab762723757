package io.headrace.store;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/**
 * Closes a stream on which nothing has arrived for too long, or whose pull was cancelled: a blocked
 * read ends no other way.
 *
 * <p>Thread: {@link #arrived} and {@link #close} belong to the reader; the watch has a thread of
 * its own.
 */
final class TransferWatch implements AutoCloseable {
  private final InputStream stream;
  private final long limitNanos;
  private final Thread watcher;
  private final CancellationSignal.Registration registration;
  private volatile long lastNanos = System.nanoTime();
  private volatile boolean stalled;

  TransferWatch(InputStream stream, Duration limit, CancellationSignal signal) {
    this.stream = stream;
    this.limitNanos = limit.toNanos();
    this.registration = signal.onCancel(this::cut);
    this.watcher = Thread.ofVirtual().name("transfer-watch").start(this::watch);
  }

  /** Something arrived just now. */
  void arrived() {
    lastNanos = System.nanoTime();
  }

  /** Whether the watch closed the stream because nothing came. */
  boolean stalled() {
    return stalled;
  }

  private void watch() {
    try {
      while (true) {
        long left = limitNanos - (System.nanoTime() - lastNanos);
        if (left <= 0) break;
        Thread.sleep(Duration.ofNanos(left).plusMillis(1));
      }
    } catch (InterruptedException e) {
      return;
    }
    stalled = true;
    cut();
  }

  private void cut() {
    try {
      stream.close();
    } catch (IOException e) {
      // The reader sees the end of the stream either way.
    }
  }

  @Override
  public void close() {
    registration.close();
    watcher.interrupt();
  }
}
