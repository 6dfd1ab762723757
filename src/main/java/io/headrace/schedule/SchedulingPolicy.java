package io.headrace.schedule;

import java.util.List;

/**
 * Shares one step's token budget among the sequences that could run. Pure: equal input, equal
 * answer.
 */
public interface SchedulingPolicy {
  /**
   * @param ready sequences that can make progress, oldest first
   * @param budget tokens the step may compute, at least the number of entries in phase DECODE
   * @param prefill of these, tokens that entries in phase PREFILL should get together at most; 0
   *     only if there is an entry in phase DECODE
   * @param grants filled with one grant per entry of {@code ready}, in the same order, all 0 at
   *     first: 0 means not this step, otherwise at most {@code wantedTokens}; grants sum to at most
   *     {@code budget}; every entry in phase DECODE gets at least 1
   */
  void share(List<Candidate> ready, int budget, int prefill, int[] grants);
}
