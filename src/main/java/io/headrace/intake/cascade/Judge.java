package io.headrace.intake.cascade;

import java.util.List;

/**
 * Scores how far an answer can be relied on. It may put questions to a model, of each of whose replies it sees only how probable the first
 * word was: a prefill, no generation. Put another one behind this interface to judge some other way.
 *
 * <p>Thread: any; no state.
 */
public interface Judge {
  /** Alternatives that it must know of at every token of the answer: 0 the chosen token's probability alone, at most 20. */
  int alternatives();

  /** What it asks about an answer, in any order; empty for a judge that asks nothing. */
  List<String> questions(Exchange exchange);

  /**
   * The score; larger is more reliable, NaN where nothing can be said.
   *
   * @param replies one for each question, in their order
   */
  double score(Exchange exchange, List<Reply> replies);

  /**
   * What was asked and what the small model answered.
   *
   * @param question the user's words, as text
   * @param answer the small model's
   * @param tokens of the answer
   */
  record Exchange(String question, String answer, List<Token> tokens) {
    public Exchange {
      tokens = List.copyOf(tokens);
    }
  }

  /**
   * A token of an answer.
   *
   * @param logprob natural logarithm of its probability
   * @param top logarithms of the most probable ones at its place, as many as were asked for
   */
  record Token(double logprob, List<Double> top) {
    public Token {
      top = List.copyOf(top);
    }
  }
}
