package io.headrace.intake.cascade;

import java.util.List;

/** The mean log-probability of the answer's tokens, nats: at most 0. Costs nothing. */
public record MeanLogprob() implements Judge {
  @Override
  public int alternatives() {
    return 0;
  }

  @Override
  public List<String> questions(Exchange exchange) {
    return List.of();
  }

  @Override
  public double score(Exchange exchange, List<Reply> replies) {
    double sum = 0;
    for (Token token : exchange.tokens()) sum += token.logprob();
    return sum / exchange.tokens().size();
  }
}
