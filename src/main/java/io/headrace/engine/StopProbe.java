package io.headrace.engine;

import org.jspecify.annotations.Nullable;

/**
 * Looks for stop strings in the text of one output.
 *
 * <p>Errors: anything thrown fails the sequence it belongs to, no other.
 *
 * <p>Thread: engine thread.
 */
@FunctionalInterface
public interface StopProbe {
  /**
   * Takes the next output token.
   *
   * @param armed false for tokens that may not end the output ({@code minTokens}): their text is
   *     taken in, a match in it is none, and no later match may begin in it
   * @return the stop string that is now complete in the text, or null
   */
  @Nullable String push(int token, boolean armed);
}
