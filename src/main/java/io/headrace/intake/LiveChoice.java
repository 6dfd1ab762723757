package io.headrace.intake;

import io.headrace.generation.TokenIds;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One running output. Pieces must be taken to the last one, or the generation closed.
 *
 * <p>Thread: one reader at a time, which blocks.
 */
public interface LiveChoice {
  /** The prompt's tokens. */
  TokenIds prompt();

  /** The next piece, or null when none came in {@code patience}. Never called after the last piece. */
  @Nullable GenerationPiece next(Duration patience) throws InterruptedException;
}
