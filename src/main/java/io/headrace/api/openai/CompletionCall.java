package io.headrace.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.api.http.JsonFields;
import io.headrace.api.http.RefusedCall;
import io.headrace.generation.TokenIds;
import io.headrace.intake.GenerationCall;
import io.headrace.intake.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * The body of {@code POST /v1/completions}, checked, and what it means to the desk.
 *
 * @param logprobs alternatives per token, or -1 for none
 */
record CompletionCall(SharedFields shared, int logprobs, boolean echo, GenerationCall call) {
  /** Output tokens when the caller names none: OpenAI's default. */
  private static final int DEFAULT_TOKENS = 16;

  static CompletionCall read(String requestId, JsonFields body) {
    SharedFields shared = SharedFields.read(body);
    List<Prompt> prompts = prompts(body);
    boolean echo = body.bool("echo", false);
    int logprobs = body.integer("logprobs", 0, 20, -1);
    int max = body.integer("max_tokens", 0, Integer.MAX_VALUE, DEFAULT_TOKENS);
    if (max == 0 && !echo) throw RefusedCall.malformed("max_tokens", "can only be 0 together with echo");
    SharedFields.refuse(body, "suffix", "the served model cannot fill in the middle");
    int bestOf = body.integer("best_of", 1, 128, shared.choices());
    if (bestOf != shared.choices()) {
      throw new RefusedCall(new io.headrace.intake.Rejection.Unsupported("best_of", "is only offered when it equals n"));
    }
    body.refuseUnknown();
    if ((long) prompts.size() * shared.choices() > GenerationCall.MAX_CHOICES) {
      throw RefusedCall.malformed("prompt", "%d prompts times n = %d is more than %d choices".formatted(prompts.size(), shared.choices(), GenerationCall.MAX_CHOICES));
    }
    GenerationCall call =
        new GenerationCall(
            requestId,
            shared.model(),
            prompts,
            shared.choices(),
            OptionalInt.of(max),
            shared.temperature(),
            shared.topK(),
            shared.topP(),
            shared.minP(),
            shared.seed(),
            shared.adjustments(),
            shared.stop(),
            logprobs,
            echo ? logprobs : -1,
            shared.decoding(),
            shared.cacheSalt());
    return new CompletionCall(shared, logprobs, echo, call);
  }

  private static List<Prompt> prompts(JsonFields body) {
    JsonNode prompt = body.get("prompt");
    if (prompt == null) throw RefusedCall.malformed("prompt", "is required");
    boolean special = body.bool("add_special_tokens", true);
    if (prompt.isTextual()) return List.of(new Prompt.Text(prompt.textValue(), special, true));
    if (!prompt.isArray()) throw body.wrong("prompt", "must be a string, a list of strings, or token ids", prompt);
    if (prompt.isEmpty()) throw RefusedCall.malformed("prompt", "must not be an empty list");
    if (prompt.size() > 2048 && !prompt.get(0).isNumber()) throw RefusedCall.malformed("prompt", "has too many entries");
    if (prompt.get(0).isNumber()) return List.of(tokens(body, prompt, "prompt"));
    List<Prompt> prompts = new ArrayList<>();
    for (int i = 0; i < prompt.size(); i++) {
      JsonNode one = prompt.get(i);
      String field = "prompt[%d]".formatted(i);
      if (one.isTextual()) prompts.add(new Prompt.Text(one.textValue(), special, true));
      else if (one.isArray()) prompts.add(tokens(body, one, field));
      else throw body.wrong(field, "must be a string or a list of token ids", one);
    }
    return prompts;
  }

  private static Prompt tokens(JsonFields body, JsonNode list, String field) {
    return new Prompt.Tokens(TokenIds.of(body.integers(list, field, Integer.MAX_VALUE)));
  }
}
