package io.headrace.generation;

import java.util.List;

/**
 * Natural-log probabilities at one position, of the model's own distribution: before temperature and filters, after no adjustment.
 *
 * @param token the chosen (or given) token
 * @param logprob its log-probability, 0 or below; NaN where there is none (the first prompt token)
 * @param top the most probable tokens, best first, ties by lower id
 */
public record TokenLogprobs(int token, float logprob, List<Alternative> top) {
  public TokenLogprobs {
    top = List.copyOf(top);
  }

  /** One of the most probable tokens. */
  public record Alternative(int token, float logprob) {}
}
