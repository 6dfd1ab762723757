package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Holds every pass until it is opened. */
final class PassGate implements Runnable {
  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch opened = new CountDownLatch(1);

  void open() {
    opened.countDown();
  }

  void awaitPass() throws InterruptedException {
    assertTrue(inside.await(60, TimeUnit.SECONDS), "no pass began");
  }

  @Override
  public void run() {
    inside.countDown();
    try {
      assertTrue(opened.await(60, TimeUnit.SECONDS), "the gate stayed closed");
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
