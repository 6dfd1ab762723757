package io.headrace.intake;

import java.util.List;

/**
 * A token as callers see it.
 *
 * @param text its own text, ill-formed bytes as U+FFFD
 * @param bytes its raw bytes
 * @param logprob natural logarithm; NaN when none was asked for or there is none
 * @param top the most probable tokens at its position, best first
 */
public record TokenDetail(int id, String text, byte[] bytes, float logprob, List<Alternative> top) {
  /** One of the most probable tokens at a position. */
  public record Alternative(int id, String text, byte[] bytes, float logprob) {}
}
