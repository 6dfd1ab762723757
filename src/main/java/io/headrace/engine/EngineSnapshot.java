package io.headrace.engine;

import io.headrace.generation.DecodingRecord;
import io.headrace.generation.ModelTokens;
import io.headrace.generation.Strategy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The engine's numbers at a moment. Gauges first, then totals since the start. Each number is
 * exact; between two of them a step may have happened.
 *
 * @param alive whether the engine thread runs and takes requests
 * @param queued requests accepted and not begun yet
 * @param running sequences that hold blocks
 * @param waiting sequences the engine thread knows that hold none: queued ones it has seen and
 *     preempted ones
 * @param kvBlocksTotal blocks of the pool
 * @param kvBlocksUsed blocks that sequences hold
 * @param kvBlocksRemembered blocks that only the prefix cache holds; they count as free
 * @param blockTokens tokens of a block
 * @param prefixQueryTokens prompt tokens looked up in the prefix cache
 * @param prefixHitTokens of these, tokens found
 * @param preemptions times a running sequence lost its blocks
 * @param promptTokens prompt tokens of requests begun
 * @param generationTokens output tokens, stop tokens included
 * @param submitted requests accepted
 * @param refused requests refused because too many waited or the engine was closing
 * @param finishedStop outputs ended by an end token, stop token or stop string
 * @param finishedLength outputs that reached their length
 * @param finishedCancelled requests cancelled
 * @param finishedFailed requests that failed
 * @param steps passes computed
 * @param rows rows of all passes
 * @param stepMicros how long they took
 * @param betweenMicros time from the end of a pass to the beginning of the next while there was work:
 *     choosing tokens, bookkeeping, telling clients, planning
 * @param betweenMeanNanos its mean over about the last 64
 * @param decoding what the strategies did, in their order
 * @param models what part each model had in all outputs, the target first
 */
public record EngineSnapshot(
    boolean alive,
    long queued,
    long running,
    long waiting,
    long kvBlocksTotal,
    long kvBlocksUsed,
    long kvBlocksRemembered,
    long blockTokens,
    long prefixQueryTokens,
    long prefixHitTokens,
    long preemptions,
    long promptTokens,
    long generationTokens,
    long submitted,
    long refused,
    long finishedStop,
    long finishedLength,
    long finishedCancelled,
    long finishedFailed,
    long steps,
    long rows,
    StepHistogram stepMicros,
    StepHistogram betweenMicros,
    long betweenMeanNanos,
    List<DecodingRecord> decoding,
    List<ModelTokens> models) {
  public EngineSnapshot {
    decoding = List.copyOf(decoding);
    models = List.copyOf(models);
  }

  /** The names of the models, the target first. */
  public List<String> modelNames() {
    return models.stream().map(ModelTokens::model).toList();
  }

  /** What part a model had since the start, by a name that ends in its unit. */
  public Map<String, Number> model(String name) {
    ModelTokens record = models.stream().filter(model -> model.model().equals(name)).findFirst().orElseThrow();
    Map<String, Number> numbers = new LinkedHashMap<>();
    numbers.put("model_tokens", record.tokens());
    numbers.put("model_takeovers", record.takeovers());
    return numbers;
  }

  /** What a strategy did since the start, by a name that ends in its unit. */
  public Map<String, Number> decoding(Strategy strategy) {
    DecodingRecord record = decoding.get(strategy.ordinal());
    Map<String, Number> numbers = new LinkedHashMap<>();
    numbers.put("decoding_passes", record.passes());
    numbers.put("decoding_tokens", record.tokens());
    numbers.put("decoding_drafted_tokens", record.drafted());
    numbers.put("decoding_accepted_tokens", record.accepted());
    numbers.put("decoding_discarded_tokens", record.discarded());
    numbers.put("decoding_draft_micros", record.draftNanos() / 1e3);
    numbers.put("decoding_step_micros", record.stepNanos() / 1e3);
    numbers.put("decoding_plain_step_micros", record.plainNanos() / 1e3);
    if (strategy == Strategy.FUSION) numbers.put("decoding_weights", record.weights());
    return numbers;
  }

  /** Share of the blocks that sequences hold, in [0, 1]. */
  public double kvUsage() {
    return kvBlocksTotal == 0 ? 0 : (double) kvBlocksUsed / kvBlocksTotal;
  }

  /** Requests that ended, in whatever way. */
  public long finished() {
    return finishedStop + finishedLength + finishedCancelled + finishedFailed;
  }

  /** What is so now, by a name that ends in its unit. */
  public Map<String, Number> gauges() {
    Map<String, Number> numbers = new LinkedHashMap<>();
    numbers.put("queued_requests", queued);
    numbers.put("running_sequences", running);
    numbers.put("waiting_sequences", waiting);
    numbers.put("kv_total_blocks", kvBlocksTotal);
    numbers.put("kv_used_blocks", kvBlocksUsed);
    numbers.put("kv_remembered_blocks", kvBlocksRemembered);
    numbers.put("kv_usage_ratio", kvUsage());
    numbers.put("block_tokens", blockTokens);
    numbers.put("between_passes_micros", betweenMeanNanos / 1e3);
    return numbers;
  }

  /** What has been counted since the start, by a name that ends in its unit; the histogram's parts apart from their sum. */
  public Map<String, Number> totals() {
    Map<String, Number> numbers = new LinkedHashMap<>();
    numbers.put("prefix_query_tokens", prefixQueryTokens);
    numbers.put("prefix_hit_tokens", prefixHitTokens);
    numbers.put("preempted_sequences", preemptions);
    numbers.put("prompt_tokens", promptTokens);
    numbers.put("generation_tokens", generationTokens);
    numbers.put("submitted_requests", submitted);
    numbers.put("refused_requests", refused);
    numbers.put("finished_stop_requests", finishedStop);
    numbers.put("finished_length_requests", finishedLength);
    numbers.put("finished_cancelled_requests", finishedCancelled);
    numbers.put("finished_failed_requests", finishedFailed);
    numbers.put("step_passes", steps);
    numbers.put("step_rows", rows);
    numbers.put("step_sum_micros", stepMicros.sumMicros());
    numbers.put("between_passes", betweenMicros.count());
    numbers.put("between_passes_sum_micros", betweenMicros.sumMicros());
    return numbers;
  }
}
