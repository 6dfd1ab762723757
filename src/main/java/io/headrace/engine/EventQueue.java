package io.headrace.engine;

import io.headrace.generation.GenerationEvent;
import io.headrace.generation.Strategy;
import io.headrace.generation.TokenIds;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Events from one thread to another, in order and without limit. Tokens lie in it as numbers, and whoever takes them makes the event:
 * who adds them allocates nothing as long as the reader keeps up.
 *
 * <p>Thread: one adds and wakes, and waits for nobody; one other at a time takes.
 */
final class EventQueue {
  /** Words of the first ring; a token that comes alone takes two. */
  private static final int FIRST_WORDS = 64;

  /** Header of an entry whose event is in {@link #others}. */
  private static final int OTHER = -1;

  private static final int COUNT_BITS = 12;
  private static final int MOST = (1 << COUNT_BITS) - 1;
  private static final Strategy[] STRATEGIES = Strategy.values();

  /** A ring of words, {@code [taken, added)} of them valid, modulo its length. Full, it is followed by a larger one for good. */
  private static final class Ring {
    final AtomicIntegerArray words;
    final AtomicLong added = new AtomicLong();
    final AtomicLong taken = new AtomicLong();
    volatile @Nullable Ring next;

    Ring(int length) {
      words = new AtomicIntegerArray(length);
    }

    /** Plain access: what is added is published by {@link #added}. */
    void put(long at, int word) {
      words.setPlain((int) (at & words.length() - 1), word);
    }

    int get(long at) {
      return words.getPlain((int) (at & words.length() - 1));
    }
  }

  private final ConcurrentLinkedQueue<GenerationEvent> others = new ConcurrentLinkedQueue<>();

  /** Of the thread that adds. */
  private Ring writing = new Ring(FIRST_WORDS);

  /** Of the thread that takes. */
  private volatile Ring reading = writing;

  private volatile @Nullable Thread waiting;

  void add(GenerationEvent event) {
    others.add(event);
    Ring ring = room(1);
    long at = ring.added.getPlain();
    ring.put(at, OTHER);
    publish(ring, at + 1);
  }

  /** Adds a {@link GenerationEvent.Committed} of {@code tokens[from .. from + count)}, at least one. */
  void add(int[] tokens, int from, int count, Strategy strategy, int drafted) {
    if (count > MOST) throw new IllegalArgumentException("%d tokens of one pass".formatted(count));
    Ring ring = room(1 + count);
    long at = ring.added.getPlain();
    ring.put(at++, count | drafted << COUNT_BITS | strategy.ordinal() << 2 * COUNT_BITS);
    for (int i = from; i < from + count; i++) ring.put(at++, tokens[i]);
    publish(ring, at);
  }

  boolean isEmpty() {
    return ready() == null;
  }

  /** The next event, if there is one. */
  @Nullable GenerationEvent poll() {
    Ring ring = ready();
    if (ring == null) return null;
    long at = ring.taken.getPlain();
    int header = ring.get(at++);
    GenerationEvent event;
    if (header == OTHER) {
      event = others.remove();
    } else {
      int[] tokens = new int[header & MOST];
      for (int i = 0; i < tokens.length; i++) tokens[i] = ring.get(at++);
      event =
          new GenerationEvent.Committed(
              TokenIds.of(tokens), List.of(), STRATEGIES[header >> 2 * COUNT_BITS], header >> COUNT_BITS & MOST);
    }
    ring.taken.set(at);
    return event;
  }

  /** The next event, waiting for it. */
  GenerationEvent take() throws InterruptedException {
    while (true) {
      GenerationEvent event = poll(Long.MAX_VALUE);
      if (event != null) return event;
    }
  }

  /** The next event, waiting at most so long for it; null if none came. */
  @Nullable GenerationEvent poll(long nanos) throws InterruptedException {
    GenerationEvent event = poll();
    if (event != null) return event;
    long begun = System.nanoTime();
    waiting = Thread.currentThread();
    try {
      while (true) {
        event = poll();
        if (event != null) return event;
        if (Thread.interrupted()) throw new InterruptedException();
        long left = nanos - (System.nanoTime() - begun);
        if (left <= 0) return null;
        if (nanos == Long.MAX_VALUE) LockSupport.park(this);
        else LockSupport.parkNanos(this, left);
      }
    } finally {
      waiting = null;
    }
  }

  /** The ring with the next entry, or null. */
  private @Nullable Ring ready() {
    while (true) {
      Ring ring = reading;
      Ring next = ring.next; // before looking: nothing is added to a ring that has a next one
      if (ring.taken.getPlain() < ring.added.get()) return ring;
      if (next == null) return null;
      reading = next;
    }
  }

  /** A ring with room for so many words. */
  private Ring room(int words) {
    Ring ring = writing;
    if (ring.words.length() - (ring.added.getPlain() - ring.taken.get()) >= words) return ring;
    Ring larger = new Ring(Math.max(2 * ring.words.length(), Integer.highestOneBit(words) * 4));
    ring.next = larger;
    writing = larger;
    return larger;
  }

  private static void publish(Ring ring, long added) {
    ring.added.set(added);
  }

  /** Wakes who waits for what was added. */
  void wake() {
    Thread thread = waiting;
    if (thread != null) LockSupport.unpark(thread);
  }
}
