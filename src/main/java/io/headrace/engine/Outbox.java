package io.headrace.engine;

import io.headrace.generation.GenerationEvent;
import io.headrace.generation.RequestId;
import io.headrace.generation.Strategy;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the engine has to say about one request: at most one Started, then PromptScored and
 * Committed events in order, then exactly one Finished or Failed.
 *
 * <p>It never blocks the engine: events wait here without limit, which is at most one per output
 * token; a pass's tokens lie here as numbers until they are taken. A reader that is slow delays nobody; one that goes away should cancel the request.
 *
 * <p>Who reads waits for events, or is told of them ({@link #listen}) and polls: waiting with a limit wakes a timer's thread for every
 * event besides the reader's.
 *
 * <p>Thread: the engine thread posts; one other thread at a time reads. A virtual thread may.
 */
public final class Outbox {
  private static final System.Logger LOG = System.getLogger(Outbox.class.getName());

  private final RequestId id;
  private final EventQueue events = new EventQueue();
  private volatile boolean ended;
  private volatile boolean complete;
  private volatile @Nullable Listener listener;
  private final Consumer<Outbox> untold;

  /** Whether {@link #untold} has been given this since {@link #tell}. Engine thread. */
  private boolean news;

  private record Listener(boolean every, Runnable hook) {}

  /**
   * @param untold is given this outbox when there are events of which its reader is to be told by {@link #tell}; engine thread
   */
  Outbox(RequestId id, Consumer<Outbox> untold) {
    this.id = id;
    this.untold = untold;
  }

  public RequestId id() {
    return id;
  }

  /**
   * The next event, waiting for it.
   *
   * @throws IllegalStateException after the last event was taken
   */
  public GenerationEvent take() throws InterruptedException {
    if (ended) throw new IllegalStateException("the last event of " + id.value() + " was taken");
    return taken(events.take());
  }

  /** The next event if there is one. */
  public @Nullable GenerationEvent poll() {
    GenerationEvent event = events.poll();
    return event == null ? null : taken(event);
  }

  /**
   * The next event, waiting at most {@code patience} for it; null if there was none, or if the last
   * was taken.
   */
  public @Nullable GenerationEvent poll(Duration patience) throws InterruptedException {
    if (ended) return null;
    GenerationEvent event = events.poll(patience.toNanos());
    return event == null ? null : taken(event);
  }

  /** Whether the last event, Finished or Failed, was taken. */
  public boolean ended() {
    return ended;
  }

  /**
   * Has {@code hook} called for events from now on, and at once if there was one of which it would have been told. It is called on the
   * engine thread: it should do no more than tell another thread. What it throws is dropped. Some calls find the
   * event taken already.
   *
   * @param every for every event; otherwise only for the last
   */
  public void listen(boolean every, Runnable hook) {
    listener = new Listener(every, hook);
    if (every ? !events.isEmpty() : complete) hook.run();
  }

  void post(GenerationEvent event) {
    events.add(event);
    if (isLast(event)) complete = true;
    news();
  }

  /** Posts a {@link GenerationEvent.Committed} without log-probabilities of {@code tokens[from .. from + count)}; allocates nothing. */
  void post(int[] tokens, int from, int count, Strategy strategy, int drafted) {
    events.add(tokens, from, count, strategy, drafted);
    news();
  }

  private void news() {
    if (news) return;
    news = true;
    untold.accept(this);
  }

  /** Wakes who waits for what was posted, and calls the hook that listens. */
  void tell() {
    news = false;
    events.wake();
    Listener told = listener;
    if (told == null || !(complete || told.every)) return;
    try {
      told.hook.run();
    } catch (RuntimeException unheard) {
      LOG.log(Level.DEBUG, "whoever listens to " + id.value() + " is gone", unheard);
    }
  }

  private GenerationEvent taken(GenerationEvent event) {
    if (isLast(event)) ended = true;
    return event;
  }

  private static boolean isLast(GenerationEvent event) {
    return event instanceof GenerationEvent.Finished || event instanceof GenerationEvent.Failed;
  }
}
