package io.headrace.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.generation.DecodingRecord;
import io.headrace.generation.ModelTokens;
import io.headrace.generation.Strategy;
import io.headrace.generation.Timings;
import io.headrace.intake.GenerationPiece;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Adds up what the choices of one call consumed. Prompt tokens count once per prompt. Thread: guarded by itself. */
final class Accounting {
  private final int choicesPerPrompt;
  private int prompt;
  private int cached;
  private int generated;
  private long queued;
  private long prefill;
  private long decode;
  private int passes;
  private boolean exact = true;
  private final Map<Strategy, DecodingRecord> decoding = new EnumMap<>(Strategy.class);
  private final Map<String, ModelTokens> models = new LinkedHashMap<>();

  Accounting(int choicesPerPrompt) {
    this.choicesPerPrompt = choicesPerPrompt;
  }

  synchronized void add(int choice, GenerationPiece.End end) {
    if (choice % choicesPerPrompt == 0) {
      prompt += end.counts().prompt();
      cached += end.counts().cached();
    }
    generated += end.counts().generated();
    Timings timings = end.timings();
    queued = Math.max(queued, timings.queued());
    prefill = Math.max(prefill, timings.prefill());
    decode = Math.max(decode, timings.decode());
    passes += timings.passes();
    for (ModelTokens model : timings.models()) models.merge(model.model(), model, ModelTokens::plus);
    exact &= timings.exact();
    for (DecodingRecord record : timings.decoding()) decoding.merge(record.strategy(), record, DecodingRecord::plus);
  }

  synchronized ObjectNode usage() {
    ObjectNode usage = JsonNodeFactory.instance.objectNode();
    usage.put("prompt_tokens", prompt).put("completion_tokens", generated).put("total_tokens", prompt + generated);
    usage.putObject("prompt_tokens_details").put("cached_tokens", cached);
    usage
        .putObject("completion_tokens_details")
        .put("reasoning_tokens", 0)
        .put("accepted_prediction_tokens", 0)
        .put("rejected_prediction_tokens", 0);
    return usage;
  }

  /** Milliseconds and rates; times of several choices are those of the slowest. */
  synchronized ObjectNode timings() {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    int computed = prompt - cached;
    node.put("queued_ms", queued / 1e6).put("cache_n", cached).put("prompt_n", computed).put("prompt_ms", prefill / 1e6);
    node.put("prompt_per_second", prefill == 0 ? 0 : computed * 1e9 / prefill);
    node.put("predicted_n", generated).put("predicted_ms", decode / 1e6);
    node.put("predicted_per_second", decode == 0 ? 0 : Math.max(0, generated - 1) * 1e9 / decode).put("passes", passes).put("exact", exact);
    DecodingRecord all = decoding.values().stream().reduce(DecodingRecord.none(Strategy.PLAIN), DecodingRecord::plus);
    node.put("draft_n", all.drafted()).put("draft_n_accepted", all.accepted());
    ArrayNode records = node.putArray("decoding");
    for (DecodingRecord record : decoding.values()) describe(records.addObject(), record);
    if (!models.isEmpty()) describe(node.putObject("models"));
    return node;
  }

  /** Who chose the tokens, where others than the served model had a part: whether that changed the output is said here too. */
  private void describe(ObjectNode node) {
    long switches = 0;
    ObjectNode tokens = node.put("fidelity", exact ? "exact" : "approximate").putObject("tokens");
    for (ModelTokens model : models.values()) {
      tokens.put(model.model(), model.tokens());
      switches += model.takeovers();
    }
    long served = models.values().iterator().next().tokens();
    node.put("served_share", generated == 0 ? null : (Double) (served / (double) generated)).put("switches", switches);
  }

  /** What one strategy did; figures that need a measurement which was not made are null. */
  private static void describe(ObjectNode node, DecodingRecord record) {
    node.put("strategy", record.strategy().word()).put("passes", record.passes()).put("tokens", record.tokens());
    node.put("drafted", record.drafted()).put("accepted", record.accepted()).put("discarded", record.discarded());
    node.put("tokens_per_pass", finite(record.tokensPerPass())).put("overhead", finite(record.overhead()));
    if (record.strategy() == Strategy.FUSION) node.put("alpha", finite(record.meanWeight()));
    node.put("draft_ms", record.draftNanos() / 1e6).put("step_ms", record.stepNanos() / 1e6).put("plain_step_ms", record.plainNanos() / 1e6);
  }

  private static @Nullable Double finite(double figure) {
    return Double.isNaN(figure) ? null : figure;
  }
}
