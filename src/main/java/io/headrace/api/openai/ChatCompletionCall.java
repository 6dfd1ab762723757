package io.headrace.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.api.http.JsonFields;
import io.headrace.api.http.RefusedCall;
import io.headrace.generation.GenerationRequest;
import io.headrace.intake.GenerationCall;
import io.headrace.intake.Prompt;
import io.headrace.intake.Rejection;
import java.util.List;
import java.util.OptionalInt;

/** The body of {@code POST /v1/chat/completions}, checked, and what it means to the desk. */
record ChatCompletionCall(SharedFields shared, boolean logprobs, GenerationCall call) {

  static ChatCompletionCall read(String requestId, JsonFields body) {
    SharedFields shared = SharedFields.read(body);
    Prompt.Chat prompt = ChatMessages.read(body);
    boolean logprobs = body.bool("logprobs", false);
    Long top = body.integer("top_logprobs", 0, GenerationRequest.MAX_LOGPROBS);
    if (top != null && top > 0 && !logprobs) throw RefusedCall.malformed("top_logprobs", "needs logprobs to be true");
    Long newest = body.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
    Long older = body.integer("max_tokens", 1, Integer.MAX_VALUE);
    if (newest != null && older != null && !newest.equals(older)) {
      throw RefusedCall.malformed("max_tokens", "differs from max_completion_tokens; send one of them");
    }
    Long max = newest != null ? newest : older;
    refuseWhatIsMissing(body);
    body.refuseUnknown();
    GenerationCall call =
        new GenerationCall(
            requestId,
            shared.model(),
            List.of(prompt),
            shared.choices(),
            max == null ? OptionalInt.empty() : OptionalInt.of(max.intValue()),
            shared.temperature(),
            shared.topK(),
            shared.topP(),
            shared.minP(),
            shared.seed(),
            shared.adjustments(),
            shared.stop(),
            logprobs ? (top == null ? 0 : top.intValue()) : -1,
            -1,
            shared.decoding(),
            shared.cacheSalt());
    return new ChatCompletionCall(shared, logprobs, call);
  }

  private static void refuseWhatIsMissing(JsonFields body) {
    JsonNode tools = body.get("tools");
    JsonNode choice = body.get("tool_choice");
    boolean none = choice != null && choice.isTextual() && choice.textValue().equals("none");
    if (tools != null && !(tools.isArray() && tools.isEmpty()) && !none) {
      throw new RefusedCall(new Rejection.Unsupported("tools", "tool calls are not offered by this server; leave tools out or send tool_choice \"none\""));
    }
    if (choice != null && !none && !(choice.isTextual() && choice.textValue().equals("auto"))) {
      throw new RefusedCall(new Rejection.Unsupported("tool_choice", "only \"none\" and \"auto\" without tools are offered by this server"));
    }
    body.get("parallel_tool_calls");
    SharedFields.refuse(body, "functions", "is replaced by tools, which this server does not offer");
    SharedFields.refuse(body, "function_call", "is replaced by tool_choice, which this server does not offer");
    SharedFields.refuse(body, "audio", "this server answers in text only");
    SharedFields.refuse(body, "reasoning_effort", "no served model reasons apart from its answer");
    SharedFields.refuse(body, "web_search_options", "this server does not search the web");
    SharedFields.refuse(body, "prediction", "predicted outputs are not offered by this server");
    JsonNode modalities = body.get("modalities");
    if (modalities != null && !(modalities.isArray() && modalities.size() == 1 && "text".equals(modalities.get(0).asText()))) {
      throw new RefusedCall(new Rejection.Unsupported("modalities", "this server answers in text only"));
    }
    JsonFields format = body.object("response_format");
    if (format != null && !"text".equals(format.requiredString("type"))) {
      throw new RefusedCall(new Rejection.Unsupported("response_format", "only {\"type\": \"text\"} is offered by this server"));
    }
  }
}
