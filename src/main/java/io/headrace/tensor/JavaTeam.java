package io.headrace.tensor;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Shares units of work among threads; the caller is one of them. Units write disjoint outputs, so who does which is free. */
final class JavaTeam implements AutoCloseable {
  private final int threads;
  private final @Nullable ExecutorService others;

  JavaTeam(int threads) {
    this.threads = threads;
    others =
        threads == 1
            ? null
            : Executors.newFixedThreadPool(
                threads - 1,
                task -> {
                  Thread thread = new Thread(task, "headrace-java-kernels");
                  thread.setDaemon(true);
                  return thread;
                });
  }

  int threads() {
    return threads;
  }

  /** Runs {@code unit} for 0 to {@code units - 1} and returns when all are done. */
  void each(int units, IntConsumer unit) {
    if (others == null || units < 2) {
      for (int i = 0; i < units; i++) unit.accept(i);
      return;
    }
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Runnable share =
        () -> {
          try {
            for (int i = next.getAndIncrement(); i < units; i = next.getAndIncrement()) unit.accept(i);
          } catch (Throwable thrown) {
            failure.compareAndSet(null, thrown);
          }
        };
    int hands = Math.min(threads, units) - 1;
    CountDownLatch done = new CountDownLatch(hands);
    for (int i = 0; i < hands; i++) {
      others.execute(
          () -> {
            share.run();
            done.countDown();
          });
    }
    share.run();
    awaitUninterruptibly(done);
    Throwable thrown = failure.get();
    if (thrown instanceof Error error) throw error;
    if (thrown != null) throw (RuntimeException) thrown;
  }

  private static void awaitUninterruptibly(CountDownLatch done) {
    boolean interrupted = false;
    while (true) {
      try {
        done.await();
        break;
      } catch (InterruptedException later) {
        interrupted = true;
      }
    }
    if (interrupted) Thread.currentThread().interrupt();
  }

  @Override
  public void close() {
    if (others != null) others.shutdown();
  }
}
