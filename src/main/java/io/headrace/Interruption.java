package io.headrace;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Gives a command the time to finish when the user presses Ctrl-C: the flag is raised, and the process ends once this is closed.
 * A second Ctrl-C changes nothing; a command that does not look at its flag is ended after a while.
 */
final class Interruption implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 60;

  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread hook;

  /** @param flag raised when the user wants an end */
  Interruption(AtomicBoolean flag) {
    hook =
        new Thread(
            () -> {
              flag.set(true);
              try {
                boolean _ = finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
              } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
              }
            },
            "interruption");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  @Override
  public void close() {
    finished.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      // The hook is running and has just been let go.
    }
  }
}
