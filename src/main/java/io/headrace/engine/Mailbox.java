package io.headrace.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The one way into the engine thread. {@link #post} holds a lock for the time of one append and
 * waits for nothing else. How many requests may be in it is {@link Engine#submit}'s rule; a
 * cancellation always has room.
 *
 * <p>Thread: any may post; the engine thread drains.
 */
final class Mailbox {
  private final Object lock = new Object();
  private ArrayDeque<EngineMessage> messages = new ArrayDeque<>();
  private ArrayDeque<EngineMessage> spare = new ArrayDeque<>();
  private boolean closed;
  private volatile boolean filled;

  /** Adds a message; false if the mailbox is closed. */
  boolean post(EngineMessage message) {
    synchronized (lock) {
      if (closed) return false;
      messages.add(message);
      filled = true;
      return true;
    }
  }

  boolean isEmpty() {
    return !filled;
  }

  /** Hands over all messages in the order they were posted. Engine thread. */
  void drainTo(Consumer<EngineMessage> engine) {
    if (!filled) return;
    ArrayDeque<EngineMessage> batch;
    synchronized (lock) {
      batch = messages;
      messages = spare;
      spare = batch;
      filled = false;
    }
    EngineMessage message;
    while ((message = batch.poll()) != null) engine.accept(message);
  }

  /** Refuses all further messages and returns those that nobody drained. */
  List<EngineMessage> close() {
    synchronized (lock) {
      closed = true;
      filled = false;
      // What a drain left when a message threw comes first; it is older.
      List<EngineMessage> left = new ArrayList<>(spare);
      left.addAll(messages);
      spare.clear();
      messages.clear();
      return left;
    }
  }
}
