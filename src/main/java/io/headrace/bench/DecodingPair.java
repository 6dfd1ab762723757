package io.headrace.bench;

/**
 * One group of prompts decoded plainly and in another way, one right after the other.
 *
 * @param workload the prompts' name
 * @param strategy the other way, as it was asked for
 * @param group the group's number within the workload
 * @param prompts in the group
 * @param equal of these, whose tokens were the same
 * @param looping whether a plain output of the group repeats itself so much that drafts are flattered
 */
public record DecodingPair(
    String workload, String strategy, int group, int prompts, int equal, boolean looping, DecodingRun plain, DecodingRun other) {
  /** How many times faster the other was, from first to last token. */
  public double decodeRatio() {
    return plain.decodeSeconds() / other.decodeSeconds();
  }

  /** How many times faster the other was, prompt included. */
  public double wholeRatio() {
    return plain.wholeSeconds() / other.wholeSeconds();
  }
}
