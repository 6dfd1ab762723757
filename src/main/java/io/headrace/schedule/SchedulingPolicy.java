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
   * @return one grant per entry of {@code ready}, in the same order: 0 means not this step,
   *     otherwise at most {@code wantedTokens}; grants sum to at most {@code budget}; every entry
   *     in phase DECODE gets at least 1
   */
  int[] share(List<Candidate> ready, int budget);
}
