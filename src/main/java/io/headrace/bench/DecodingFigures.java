package io.headrace.bench;

import java.util.List;

/**
 * What pairs of one workload and one strategy add up to.
 *
 * @param pairs how many
 * @param prompts decoded in them
 * @param equal of these, with the tokens of plain decoding
 * @param sum of the strategy's runs
 * @param tokensPerPass N / N_T
 * @param overhead time of a pass relative to a plain one, by the engine's clock
 * @param total how many times faster all runs together were, by the reader's clock
 * @param decode how many times faster a pair was, from first to last token
 * @param whole the same with the prompt
 */
public record DecodingFigures(
    int pairs,
    int prompts,
    int equal,
    DecodingRun sum,
    double tokensPerPass,
    double overhead,
    double total,
    Spread decode,
    Spread whole) {
  /** Figures whose two ways to the speed-up differ by more than this have a counter or a clock that is wrong. */
  public static final double MOST_OFF = 0.05;

  /** The figures of {@code pairs}. */
  public static DecodingFigures of(List<DecodingPair> pairs) {
    DecodingRun plain = DecodingRun.NONE;
    DecodingRun other = DecodingRun.NONE;
    int prompts = 0;
    int equal = 0;
    for (DecodingPair pair : pairs) {
      plain = plain.plus(pair.plain());
      other = other.plus(pair.other());
      prompts += pair.prompts();
      equal += pair.equal();
    }
    double overhead = other.engineSeconds() / other.passes() / (plain.engineSeconds() / plain.passes());
    return new DecodingFigures(
        pairs.size(),
        prompts,
        equal,
        other,
        (double) other.tokens() / other.passes(),
        overhead,
        plain.decodeSeconds() / other.decodeSeconds(),
        Spread.of(pairs.stream().map(DecodingPair::decodeRatio).toList()),
        Spread.of(pairs.stream().map(DecodingPair::wholeRatio).toList()));
  }

  /** The speed-up that the counters say. */
  public double predicted() {
    return tokensPerPass / overhead;
  }

  /** By how much that differs from the speed-up that was measured. */
  public double off() {
    return predicted() / total - 1;
  }

  /** Share of drafted tokens that saved a pass; NaN without drafts. */
  public double accepted() {
    return sum.drafted() == 0 ? Double.NaN : (double) (sum.drafted() - sum.discarded()) / sum.drafted();
  }

  /** Drafted for nothing, per token: N_X / N. */
  public double discardRate() {
    return (double) sum.discarded() / sum.tokens();
  }

  /** Passes per token: N_T / N. */
  public double verificationRate() {
    return (double) sum.passes() / sum.tokens();
  }
}
