package io.headrace.intake;

import io.headrace.generation.Strategy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A token as callers see it.
 *
 * @param text its own text, ill-formed bytes as U+FFFD
 * @param bytes its raw bytes
 * @param logprob natural logarithm; NaN when none was asked for or there is none
 * @param top the most probable tokens at its position, best first
 * @param drafted what had drafted it; null for a token of the prompt and for one that the model's own pass added
 */
public record TokenDetail(int id, String text, byte[] bytes, float logprob, List<Alternative> top, @Nullable Strategy drafted) {
  /** The same with other alternatives. */
  TokenDetail withTop(List<Alternative> top) {
    return new TokenDetail(id, text, bytes, logprob, top, drafted);
  }

  /** One of the most probable tokens at a position. */
  public record Alternative(int id, String text, byte[] bytes, float logprob) {}
}
