package io.headrace.api.openai;

import io.headrace.api.http.ErrorObject;
import io.headrace.api.http.EventStream;
import io.headrace.api.http.Exchange;
import io.headrace.intake.FrontDesk;
import io.headrace.intake.GenerationCall;
import io.headrace.intake.GenerationPiece;
import io.headrace.intake.LiveChoice;
import io.headrace.intake.LiveGeneration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads the running choices of a call to their ends: all at once for one document, piece by piece for a stream. */
final class Choices {
  /** The longest a hang-up goes unnoticed that ends no choice. */
  private static final int PATIENCE_SECONDS = 15;

  /** Takes the pieces of one choice in order; false when the client is gone. */
  @FunctionalInterface
  interface Sink {
    boolean take(int choice, GenerationPiece piece) throws InterruptedException;
  }

  /** A call's answer in the form of its door. */
  interface Answer {
    /** Sends it as one document. */
    void whole(Exchange exchange) throws InterruptedException;

    /** Sends it as a stream of chunks. */
    void stream(EventStream events) throws InterruptedException;
  }

  private Choices() {}

  /**
   * Has the desk take {@code call} and answers it; it is cancelled when the client hangs up, and over when this returns.
   *
   * @param stream whether piece by piece
   * @param form makes the answer of what the desk started
   */
  static void answer(Exchange exchange, FrontDesk desk, GenerationCall call, boolean stream, Function<LiveGeneration, Answer> form) throws InterruptedException {
    try (LiveGeneration live = Exchange.require(desk.submit(call))) {
      exchange.onHangUp(live.cancel());
      Answer answer = form.apply(live);
      if (stream) answer.stream(exchange.stream());
      else answer.whole(exchange);
    }
  }

  /**
   * The pieces of every choice, or null if one failed and the exchange has been answered with its error, or the client is gone. Wakes when
   * a choice has ended: nobody sees a piece before the last.
   */
  static @Nullable List<List<GenerationPiece>> collect(Exchange exchange, LiveGeneration live) throws InterruptedException {
    List<LiveChoice> choices = live.choices();
    List<List<GenerationPiece>> all = new ArrayList<>();
    Semaphore ends = new Semaphore(0);
    for (LiveChoice choice : choices) {
      all.add(new ArrayList<>());
      choice.listen(false, ends::release);
    }
    int open = choices.size();
    while (open > 0) {
      while (!ends.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        if (exchange.clientGone()) return null;
      }
      if (exchange.clientGone()) return null;
      open = 0;
      for (int i = 0; i < choices.size(); i++) {
        GenerationPiece last = take(choices.get(i), all.get(i));
        if (last instanceof GenerationPiece.Fault(var failure)) {
          exchange.answer(ErrorObject.of(failure));
          return null;
        }
        if (last == null) open++;
      }
    }
    return all;
  }

  /** Adds the pieces that are there; the last one of all if it is among them or was before. */
  private static @Nullable GenerationPiece take(LiveChoice choice, List<GenerationPiece> pieces) {
    if (!pieces.isEmpty() && isLast(pieces.getLast())) return pieces.getLast();
    while (true) {
      GenerationPiece piece = choice.poll();
      if (piece == null) return null;
      pieces.add(piece);
      if (isLast(piece)) return piece;
    }
  }

  private static boolean isLast(GenerationPiece piece) {
    return piece instanceof GenerationPiece.End || piece instanceof GenerationPiece.Fault;
  }

  /** Hands every piece to {@code sink} as it comes, on the stream's event loop. True when all choices ended; otherwise the stream has been ended. */
  static boolean stream(EventStream events, LiveGeneration live, Sink sink) throws InterruptedException {
    ChoicePump pump = new ChoicePump(events, live.choices(), sink);
    @Nullable ErrorObject failed = pump.run();
    if (failed != null) events.fail(failed);
    return failed == null;
  }
}
