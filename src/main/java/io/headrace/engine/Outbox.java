package io.headrace.engine;

import io.headrace.generation.GenerationEvent;
import io.headrace.generation.RequestId;
import java.time.Duration;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the engine has to say about one request: at most one Started, then PromptScored and
 * Committed events in order, then exactly one Finished or Failed.
 *
 * <p>It never blocks the engine: events wait here without limit, which is at most one per output
 * token. A reader that is slow delays nobody; one that goes away should cancel the request.
 *
 * <p>Thread: the engine thread posts; one other thread at a time reads. A virtual thread may.
 */
public final class Outbox {
  private final RequestId id;
  private final LinkedTransferQueue<GenerationEvent> events = new LinkedTransferQueue<>();
  private volatile boolean ended;

  Outbox(RequestId id) {
    this.id = id;
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
    GenerationEvent event = events.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
    return event == null ? null : taken(event);
  }

  /** Whether the last event, Finished or Failed, was taken. */
  public boolean ended() {
    return ended;
  }

  void post(GenerationEvent event) {
    events.add(event);
  }

  private GenerationEvent taken(GenerationEvent event) {
    if (event instanceof GenerationEvent.Finished || event instanceof GenerationEvent.Failed)
      ended = true;
    return event;
  }
}
