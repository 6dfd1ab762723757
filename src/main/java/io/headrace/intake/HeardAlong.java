package io.headrace.intake;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Reads a choice that can only be waited for on a virtual thread of its own, for a reader who is told.
 *
 * <p>Thread: any one reader.
 */
final class HeardAlong {
  /** Reads the next piece, or null where none came in time. */
  @FunctionalInterface
  interface Source {
    @Nullable GenerationPiece next(Duration patience) throws InterruptedException;
  }

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Queue<GenerationPiece> heard = new ConcurrentLinkedQueue<>();
  private volatile @Nullable RuntimeException failed;

  /** Begins to read to the last piece; see {@link LiveChoice#listen}. Once. */
  void start(Source source, boolean every, Runnable hook) {
    Thread.ofVirtual().name("headrace-choice").start(() -> read(source, every, hook));
  }

  private void read(Source source, boolean every, Runnable hook) {
    try {
      boolean last = false;
      while (!last) {
        GenerationPiece piece = source.next(PATIENCE);
        if (piece == null) continue;
        last = piece instanceof GenerationPiece.End || piece instanceof GenerationPiece.Fault;
        heard.add(piece);
        if (every || last) hook.run();
      }
    } catch (RuntimeException defect) {
      failed = defect;
      hook.run();
    } catch (InterruptedException stopping) {
      failed = new IllegalStateException("interrupted", stopping);
      hook.run();
    }
  }

  /** The next piece if there is one; throws what reading threw. */
  @Nullable GenerationPiece poll() {
    GenerationPiece piece = heard.poll();
    RuntimeException defect = failed;
    if (piece == null && defect != null) throw defect;
    return piece;
  }
}
