package io.headrace.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * Outboxes with events of which nobody was told yet. Who reads is told while the next pass is computed, not before it: waking a thread is
 * tens of microseconds in which no other thread could compute anything, for news that is a part of a percent older.
 *
 * <p>Thread: engine thread.
 */
final class Untold {
  private final List<Outbox> outboxes = new ArrayList<>();

  /** {@code outbox}, which is not here, has something to tell. */
  void add(Outbox outbox) {
    outboxes.add(outbox);
  }

  /** Tells everybody. */
  void tell() {
    for (int i = 0; i < outboxes.size(); i++) outboxes.get(i).tell();
    outboxes.clear();
  }
}
