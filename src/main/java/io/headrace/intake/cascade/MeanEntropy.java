package io.headrace.intake.cascade;

import java.util.List;

/**
 * Minus the mean entropy of the distributions that the answer's tokens were chosen from, nats: at most 0. Of each distribution the most
 * probable tokens are known; the rest counts as one, which is a little too little. Costs nothing.
 */
public record MeanEntropy() implements Judge {
  private static final int KNOWN = 20;

  @Override
  public int alternatives() {
    return KNOWN;
  }

  @Override
  public List<String> questions(Exchange exchange) {
    return List.of();
  }

  @Override
  public double score(Exchange exchange, List<Reply> replies) {
    double sum = 0;
    for (Token token : exchange.tokens()) sum += negated(token.top());
    return sum / exchange.tokens().size();
  }

  private static double negated(List<Double> logs) {
    double known = 0;
    double sum = 0;
    for (double log : logs) {
      double p = StrictMath.exp(log);
      known += p;
      if (p > 0) sum += p * log;
    }
    double rest = 1 - known;
    return rest > 0 ? sum + rest * StrictMath.log(rest) : sum;
  }
}
