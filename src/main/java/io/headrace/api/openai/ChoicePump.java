package io.headrace.api.openai;

import io.headrace.api.http.ErrorObject;
import io.headrace.api.http.EventStream;
import io.headrace.intake.GenerationPiece;
import io.headrace.intake.LiveChoice;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Hands the pieces of running choices to a sink on the event loop that writes them. Who made a piece wakes that thread and no other: the
 * kernels' threads fill the processors, and every thread that wakes takes one from them.
 *
 * <p>Thread: {@link #run} on the call's; all else on the event loop.
 */
final class ChoicePump {
  private final EventStream events;
  private final List<LiveChoice> choices;
  private final Choices.Sink sink;
  private final boolean[] ended;
  private final AtomicBoolean called = new AtomicBoolean();
  private final CompletableFuture<Optional<ErrorObject>> end = new CompletableFuture<>();
  private int open;

  ChoicePump(EventStream events, List<LiveChoice> choices, Choices.Sink sink) {
    this.events = events;
    this.choices = choices;
    this.sink = sink;
    this.ended = new boolean[choices.size()];
    this.open = choices.size();
  }

  /** Waits until all choices have ended, one has failed or the client is gone; why one failed, or null. */
  @Nullable ErrorObject run() throws InterruptedException {
    for (LiveChoice choice : choices) choice.listen(true, this::call);
    try {
      return end.get().orElse(null);
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) throw cause;
      if (failed.getCause() instanceof Error cause) throw cause;
      throw new IllegalStateException(failed.getCause());
    } finally {
      end.cancel(false); // whatever comes now is nobody's
    }
  }

  private void call() {
    if (!called.compareAndSet(false, true)) return;
    try {
      events.onLoop(this::pump);
    } catch (RuntimeException closed) {
      end.completeExceptionally(closed);
    }
  }

  private void pump() {
    called.set(false); // before looking: what comes later calls again
    if (end.isDone()) return;
    try {
      if (events.isOver()) {
        finish(null);
        return;
      }
      events.whenRoom(this::pump);
      for (int i = 0; i < ended.length; i++) {
        if (!take(i)) return;
      }
    } catch (Throwable defect) {
      end.completeExceptionally(defect);
    }
  }

  /** Takes what there is of a choice; false when there is no room, or nothing more to do at all. */
  private boolean take(int index) throws InterruptedException {
    while (!ended[index]) {
      if (events.isFull()) return false;
      GenerationPiece piece = choices.get(index).poll();
      if (piece == null) return true;
      if (piece instanceof GenerationPiece.Fault(var failure)) return finish(ErrorObject.of(failure));
      if (!sink.take(index, piece)) return finish(null);
      if (!(piece instanceof GenerationPiece.End)) continue;
      ended[index] = true;
      if (--open == 0) return finish(null);
    }
    return true;
  }

  private boolean finish(@Nullable ErrorObject failed) {
    end.complete(Optional.ofNullable(failed));
    return false;
  }
}
