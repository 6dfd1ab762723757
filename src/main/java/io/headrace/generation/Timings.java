package io.headrace.generation;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the time of a generation went, nanoseconds.
 *
 * @param queued from submission to its first step
 * @param prefill from its first step to its first output token
 * @param decode from its first output token to its last
 * @param passes model passes that computed rows of it
 * @param preemptions how often it lost its blocks and was computed again
 * @param exact whether the output is that of plain decoding; otherwise it only resembles it, as the request allowed
 * @param decoding one record for each strategy that proposed anything; passes without a draft are plain ones
 * @param models what part each model had, where the output is not the served model's alone; else empty
 */
public record Timings(
    long queued, long prefill, long decode, int passes, int preemptions, boolean exact, List<DecodingRecord> decoding, List<ModelTokens> models) {
  public Timings {
    decoding = List.copyOf(decoding);
    models = List.copyOf(models);
  }

  /**
   * Of this generation and one that was made before it for the same answer.
   *
   * @param prefill nanoseconds from the first step of the one before to the first token of this one
   * @param model that yielded all {@code tokens} of this one, where {@link #models} does not say
   */
  public Timings after(Timings before, long prefill, String model, long tokens) {
    Map<Strategy, DecodingRecord> strategies = new EnumMap<>(Strategy.class);
    for (List<DecodingRecord> records : List.of(before.decoding, decoding)) {
      for (DecodingRecord record : records) strategies.merge(record.strategy(), record, DecodingRecord::plus);
    }
    Map<String, ModelTokens> parts = new LinkedHashMap<>();
    for (ModelTokens record : before.models) parts.put(record.model(), record);
    List<ModelTokens> own = models.isEmpty() ? List.of(new ModelTokens(model, tokens, 0)) : models;
    for (ModelTokens record : own) parts.merge(record.model(), record, ModelTokens::plus);
    return new Timings(
        before.queued,
        prefill,
        decode,
        before.passes + passes,
        before.preemptions + preemptions,
        exact,
        List.copyOf(strategies.values()),
        List.copyOf(parts.values()));
  }
}
