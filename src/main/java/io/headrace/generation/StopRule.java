package io.headrace.generation;

import java.util.List;
import java.util.Set;

/**
 * When a generation ends by itself, apart from its length.
 *
 * @param strings end the output where one first appears in its text; none is empty
 * @param tokens ids that end the output
 * @param ignoreEndOfText whether the model's own end tokens are ordinary tokens for this request
 * @param minTokens output tokens before which nothing of the above may end it: end and stop tokens are not chosen, stop strings not
 *     looked for; 0 or above
 * @param includeStopString whether a matched string stays in the text
 */
public record StopRule(
    List<String> strings, Set<Integer> tokens, boolean ignoreEndOfText, int minTokens, boolean includeStopString) {
  public static final StopRule END_OF_TEXT = new StopRule(List.of(), Set.of(), false, 0, false);

  public StopRule {
    strings = List.copyOf(strings);
    tokens = Set.copyOf(tokens);
    if (strings.stream().anyMatch(String::isEmpty)) throw new IllegalArgumentException("a stop string must not be empty");
    if (minTokens < 0) throw new IllegalArgumentException("minTokens must be 0 or above, was " + minTokens);
  }
}
