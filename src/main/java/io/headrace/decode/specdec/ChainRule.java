package io.headrace.decode.specdec;

import io.headrace.decode.StepTerms;
import io.headrace.generation.DecodingChoice.Stop;

/**
 * Whether a chain goes on. Asked before every draft, the first too; so a chain that is not worth beginning costs nothing. Pure: equal chains
 * and terms, equal answer.
 *
 * <p>What is said of a draft is known as soon as it is drafted, so no decision lags behind the drafts, unlike with a draft model whose state
 * at a token comes only with the next.
 *
 * @see <a href="https://arxiv.org/abs/2405.19715">SpecDec++: an optimal candidate length is a threshold on the risk of a rejection</a>
 */
sealed interface ChainRule {
  /**
   * Whether another token should be drafted.
   *
   * @param nanos that takes
   */
  boolean goesOn(Chain chain, StepTerms terms, double nanos);

  /** How probable the belief {@code by} holds it that nothing drafted will be rejected. */
  static double safety(Stop by, Chain chain) {
    return switch (by) {
      case HEAD, PRODUCT -> chain.hope(); // the chain knows whose word that is
      case CONFIDENCE -> chain.last();
      case FIXED, HEURISTIC -> throw new IllegalArgumentException(by + " believes nothing");
    };
  }

  /** A length. */
  record Fixed(int length) implements ChainRule {
    @Override
    public boolean goesOn(Chain chain, StepTerms terms, double nanos) {
      return chain.size() < length;
    }
  }

  /** Two more than before where all was accepted, else one less, and at least one. */
  record Heuristic() implements ChainRule {
    /** The published beginning. */
    static final int FIRST = 5;

    @Override
    public boolean goesOn(Chain chain, StepTerms terms, double nanos) {
      int before = chain.before();
      int length = before == 0 ? FIRST : chain.whole() ? before + 2 : Math.max(1, before - 1);
      return chain.size() < length;
    }
  }

  /**
   * While the risk is small.
   *
   * @param most risk of a rejection, in [0, 1]
   */
  record Risk(Stop by, double most) implements ChainRule {
    @Override
    public boolean goesOn(Chain chain, StepTerms terms, double nanos) {
      return 1 - safety(by, chain) <= most;
    }
  }

  /**
   * While another draft is worth its price: it takes the time to draft it and what its row adds to the pass, and all is for nothing if
   * anything before it is rejected.
   *
   * <p>With the terms of the paper, in plain steps: {@code c1 = draft + row}, {@code c1 + c2 = 1}; going on is right while {@code risk <
   * (c2 + D) / (c1 + c2 + D)}, that is while {@code safety * (1 + D) > c1}, where {@code D} has no closed form. {@code worth} is {@code
   * 1 + D} as measured in training; {@code c1} is measured here and now. Beside others a token saved is worth less of a step.
   *
   * @param worth of another draft whose forerunners are all accepted, in plain steps; above 0
   */
  record Paying(Stop by, double worth) implements ChainRule {
    @Override
    public boolean goesOn(Chain chain, StepTerms terms, double nanos) {
      double price = terms.stretch(chain.size() + 1) - terms.stretch(chain.size());
      // Before anything like this step was measured a draft's time cannot be weighed, only its row.
      if (!Double.isNaN(terms.nanos())) price += nanos / terms.nanos();
      return safety(by, chain) * worth / terms.decoding() > price;
    }
  }
}
