package io.headrace.api.openai;

import io.headrace.api.http.JsonFields;
import io.headrace.api.http.RefusedCall;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.StopRule;
import io.headrace.intake.GenerationCall;
import io.headrace.intake.Rejection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields that chat completions and completions have in common, read and checked.
 *
 * @param model the name asked for, or null
 * @param includeUsage whether a stream ends with a chunk of totals
 * @param returnTokenIds vLLM's field: token ids beside the text
 * @param tokensAsIds vLLM's field: token strings in logprobs become {@code token_id:N}
 * @param decoding null for the server's own choice
 * @param timings whether to add where the time went
 */
record SharedFields(
    @Nullable String model,
    boolean stream,
    boolean includeUsage,
    int choices,
    float temperature,
    int topK,
    float topP,
    float minP,
    OptionalLong seed,
    LogitAdjustments adjustments,
    StopRule stop,
    @Nullable DecodingChoice decoding,
    boolean returnTokenIds,
    boolean tokensAsIds,
    boolean timings,
    String cacheSalt) {

  private static final int MAX_STOP_STRINGS = 16;

  static SharedFields read(JsonFields body) {
    boolean stream = body.bool("stream", false);
    JsonFields streamOptions = body.object("stream_options");
    boolean includeUsage = false;
    if (streamOptions != null) {
      if (!stream) throw RefusedCall.malformed("stream_options", "is only allowed when stream is true");
      includeUsage = streamOptions.bool("include_usage", false);
      streamOptions.bool("include_obfuscation", false);
      streamOptions.refuseUnknown();
    }
    int choices = body.integer("n", 1, GenerationCall.MAX_CHOICES, 1);
    float temperature = body.number("temperature", 0, 2, 1f);
    Long topK = body.integer("top_k", -1, Integer.MAX_VALUE);
    float topP = body.number("top_p", 0, 1, 1f);
    if (topP == 0f) topP = Float.MIN_NORMAL; // the one most probable token
    float minP = body.number("min_p", 0, 0.999999, 0f);
    Long seed = body.integer("seed", Long.MIN_VALUE, Long.MAX_VALUE);
    ignoreNeutral(body);
    return new SharedFields(
        body.string("model"),
        stream,
        includeUsage,
        choices,
        temperature,
        topK == null || topK < 0 ? 0 : topK.intValue(),
        topP,
        minP,
        seed == null ? OptionalLong.empty() : OptionalLong.of(seed),
        adjustments(body),
        stop(body),
        DecodingField.read(body),
        body.bool("return_token_ids", false),
        body.bool("return_tokens_as_token_ids", false),
        body.bool("timings", false),
        orEmpty(body.string("cache_salt")));
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static LogitAdjustments adjustments(JsonFields body) {
    float repetition = body.number("repetition_penalty", 0.01, 100, 1f);
    float frequency = body.number("frequency_penalty", -2, 2, 0f);
    float presence = body.number("presence_penalty", -2, 2, 0f);
    Map<Integer, Float> bias = new HashMap<>();
    JsonFields entries = body.object("logit_bias");
    if (entries != null) {
      for (String key : entries.names()) {
        int token;
        try {
          token = Integer.parseInt(key);
        } catch (NumberFormatException wrong) {
          throw RefusedCall.malformed("logit_bias", "has the key '%s', which is not a token id".formatted(key));
        }
        if (token < 0) throw RefusedCall.malformed("logit_bias", "has the negative token id " + key);
        bias.put(token, entries.number(key, -100, 100, 0f));
      }
    }
    return new LogitAdjustments(repetition, frequency, presence, bias);
  }

  private static StopRule stop(JsonFields body) {
    var strings = body.strings("stop", MAX_STOP_STRINGS);
    if (strings.stream().anyMatch(String::isEmpty)) throw RefusedCall.malformed("stop", "must not contain an empty string");
    Set<Integer> tokens = new HashSet<>();
    int[] ids = body.integers("stop_token_ids", Integer.MAX_VALUE);
    if (ids != null) for (int id : ids) tokens.add(id);
    return new StopRule(
        strings,
        tokens,
        body.bool("ignore_eos", false),
        body.integer("min_tokens", 0, Integer.MAX_VALUE, 0),
        body.bool("include_stop_str_in_output", false));
  }

  /** Fields that many clients send and that change nothing here, as long as their values ask for nothing we do not have. */
  private static void ignoreNeutral(JsonFields body) {
    body.get("user");
    body.get("metadata");
    body.get("store");
    body.get("safety_identifier");
    body.get("prompt_cache_key");
    body.get("service_tier");
    body.get("request_id");
  }

  /** Refuses a field whose every value but an absent one asks for what is not offered. */
  static void refuse(JsonFields body, String field, String why) {
    if (body.has(field)) throw new RefusedCall(new Rejection.Unsupported(field, why));
  }
}
