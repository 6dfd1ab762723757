package io.headrace.api.openai;

import io.headrace.api.http.ErrorObject;
import io.headrace.api.http.EventStream;
import io.headrace.api.http.Exchange;
import io.headrace.intake.GenerationPiece;
import io.headrace.intake.LiveChoice;
import io.headrace.intake.LiveGeneration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Reads the running choices of a call to their ends: one after the other for one document, side by side for a stream. */
final class Choices {
  /** Silence after which a stream gets a keep-alive comment, and the longest a hang-up can go unnoticed otherwise. */
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(15);

  /** Takes the pieces of one choice in order; false when the client is gone. */
  @FunctionalInterface
  interface Sink {
    boolean take(int choice, GenerationPiece piece) throws InterruptedException;
  }

  private Choices() {}

  /** The pieces of every choice, or null if one failed and the exchange has been answered with its error. */
  static @Nullable List<List<GenerationPiece>> collect(Exchange exchange, LiveGeneration live) throws InterruptedException {
    List<List<GenerationPiece>> all = new ArrayList<>();
    for (LiveChoice choice : live.choices()) {
      List<GenerationPiece> pieces = new ArrayList<>();
      while (true) {
        GenerationPiece piece = choice.next(KEEP_ALIVE);
        if (exchange.clientGone()) return null;
        if (piece == null) continue;
        if (piece instanceof GenerationPiece.Fault(var failure)) {
          exchange.answer(ErrorObject.of(failure));
          return null;
        }
        pieces.add(piece);
        if (piece instanceof GenerationPiece.End) break;
      }
      all.add(pieces);
    }
    return all;
  }

  /** Hands every piece to {@code sink} as it comes. True when all choices ended; otherwise the stream has been ended. */
  static boolean stream(EventStream events, LiveGeneration live, Sink sink) throws InterruptedException {
    List<LiveChoice> choices = live.choices();
    AtomicReference<@Nullable ErrorObject> error = new AtomicReference<>();
    if (choices.size() == 1) {
      pump(events, choices.getFirst(), 0, sink, error);
    } else {
      CountDownLatch ended = new CountDownLatch(choices.size());
      for (int i = 0; i < choices.size(); i++) {
        int index = i;
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    pump(events, choices.get(index), index, sink, error);
                  } catch (InterruptedException stopping) {
                    Thread.currentThread().interrupt();
                  } finally {
                    ended.countDown();
                  }
                });
      }
      ended.await();
    }
    ErrorObject failed = error.get();
    if (failed != null) events.fail(failed);
    return failed == null;
  }

  private static void pump(
      EventStream events, LiveChoice choice, int index, Sink sink, AtomicReference<@Nullable ErrorObject> error)
      throws InterruptedException {
    while (error.get() == null) {
      GenerationPiece piece = choice.next(KEEP_ALIVE);
      if (piece == null) {
        if (!events.keepAlive()) return;
      } else if (piece instanceof GenerationPiece.Fault(var failure)) {
        error.compareAndSet(null, ErrorObject.of(failure));
      } else {
        if (!sink.take(index, piece) || piece instanceof GenerationPiece.End) return;
      }
    }
  }
}
