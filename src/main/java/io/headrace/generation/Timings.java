package io.headrace.generation;

import java.util.List;

/**
 * Where the time of a generation went, nanoseconds.
 *
 * @param queued from submission to its first step
 * @param prefill from its first step to its first output token
 * @param decode from its first output token to its last
 * @param passes model passes that computed rows of it
 * @param preemptions how often it lost its blocks and was computed again
 * @param decoding one record for each strategy that proposed anything; passes without a draft are plain ones
 * @param models what part each model had, where the output is not the served model's alone; else empty
 */
public record Timings(
    long queued, long prefill, long decode, int passes, int preemptions, List<DecodingRecord> decoding, List<ModelTokens> models) {
  public Timings {
    decoding = List.copyOf(decoding);
    models = List.copyOf(models);
  }
}
