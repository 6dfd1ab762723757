package io.headrace.store;

import java.util.ArrayList;
import java.util.List;

/**
 * One-way switch by which any thread ends a running pull. Partial downloads stay and are continued
 * by the next pull.
 */
public final class CancellationSignal {
  private final List<Runnable> actions = new ArrayList<>(); // guarded by this
  private boolean cancelled; // guarded by this

  /**
   * Ends the pull that was given this signal; later pulls with it end at once. Any thread, any
   * number of times.
   */
  public void cancel() {
    List<Runnable> due;
    synchronized (this) {
      cancelled = true;
      due = List.copyOf(actions);
      actions.clear();
    }
    due.forEach(Runnable::run);
  }

  public synchronized boolean isCancelled() {
    return cancelled;
  }

  void throwIfCancelled() {
    if (isCancelled())
      throw new StoreException(StoreException.Kind.CANCELLED, "the download was cancelled");
  }

  /**
   * Runs {@code action} when cancelled, at once if that has happened; closing the registration
   * forgets it.
   */
  Registration onCancel(Runnable action) {
    synchronized (this) {
      if (!cancelled) {
        actions.add(action);
        return () -> forget(action);
      }
    }
    action.run();
    return () -> {};
  }

  private synchronized void forget(Runnable action) {
    actions.remove(action);
  }

  interface Registration extends AutoCloseable {
    @Override
    void close();
  }
}
