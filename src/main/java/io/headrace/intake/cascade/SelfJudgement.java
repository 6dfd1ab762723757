package io.headrace.intake.cascade;

import java.util.List;

/**
 * The probability with which a model calls the answer correct when it is asked, among yes and no: in [0, 1].
 *
 * @see <a href="https://arxiv.org/abs/2207.05221">P(true)</a>
 */
public record SelfJudgement() implements Judge {
  private static final String YES = "Yes";
  private static final String NO = "No";

  @Override
  public int alternatives() {
    return 0;
  }

  @Override
  public List<String> questions(Exchange exchange) {
    return List.of(
        """
        Question: %s

        Proposed answer: %s

        Is the proposed answer correct? Reply with one word, %s or %s."""
            .formatted(exchange.question(), exchange.answer(), YES, NO));
  }

  @Override
  public double score(Exchange exchange, List<Reply> replies) {
    double yes = replies.getFirst().of(YES);
    return yes / (yes + replies.getFirst().of(NO));
  }
}
