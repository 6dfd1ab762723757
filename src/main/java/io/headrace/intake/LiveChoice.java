package io.headrace.intake;

import io.headrace.generation.TokenIds;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One running output. Pieces must be taken to the last one, or the generation closed.
 *
 * <p>Thread: one reader at a time, which waits or is told.
 */
public interface LiveChoice {
  /** The prompt's tokens. */
  TokenIds prompt();

  /** The next piece, or null when none came in {@code patience}. Never called after the last piece. */
  @Nullable GenerationPiece next(Duration patience) throws InterruptedException;

  /** The next piece if there is one. Never called after the last piece. */
  @Nullable GenerationPiece poll();

  /**
   * Has {@code hook} called when there may be a piece, at once if there is one; on the thread that made it, so the hook should do no more
   * than tell another.
   *
   * @param every for every piece; otherwise only when the last one is there
   */
  void listen(boolean every, Runnable hook);
}
