package io.headrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.RequestId;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import io.headrace.generation.TokenIds;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Requests to the default model: real prompts of 1 to 600 tokens, every kind of sampling, most with log-probabilities. */
final class RealRequests {
  /** {@code <|im_end|>}, with which the model ends an answer. */
  static final Set<Integer> END = Set.of(2);

  private static final ObjectMapper JSON = new ObjectMapper();

  private RealRequests() {}

  /** 34 requests, the same every time. Block borders lie at multiples of 16; prompts of 127, 128 and 129 tokens lie around one. */
  static List<GenerationRequest> all() {
    List<GenerationRequest> requests = new ArrayList<>();
    List<JsonNode> chats = lines("greedy.jsonl");
    for (int i = 0; i < 14; i++) add(requests, 8, ids(chats.get(i).get("prompt_ids")));
    Map<String, int[]> texts = new HashMap<>();
    for (JsonNode line : lines("logits-last.jsonl")) texts.put(line.get("name").asText(), ids(line.get("ids")));
    int[] prose = Objects.requireNonNull(texts.get("prose-1023"));
    for (int length : new int[] {127, 128, 129}) {
      add(requests, 24, Arrays.copyOf(prose, length)); // these share their beginning
      add(requests, 8, Arrays.copyOfRange(prose, 300, 300 + length));
    }
    for (int length : new int[] {15, 16, 17}) add(requests, 20, Arrays.copyOfRange(prose, 600, 600 + length));
    for (String name : List.of("one-token", "two-words", "fact", "chat-system", "chat-multi-turn", "multilingual")) {
      add(requests, 8, texts.get(name));
    }
    add(requests, 8, Arrays.copyOf(texts.get("docs-1500"), 600));
    add(requests, 8, Arrays.copyOf(texts.get("code-python"), 200));
    add(requests, 0, Arrays.copyOf(texts.get("code-python"), 129));
    add(requests, 6, Arrays.copyOf(texts.get("chat-long"), 97));
    add(requests, 8, ids(chats.get(0).get("prompt_ids")));
    return requests;
  }

  private static void add(List<GenerationRequest> requests, int maxNewTokens, int[] prompt) {
    int i = requests.size();
    Sampling sampling =
        switch (i % 4) {
          case 0, 1 -> new Sampling.Greedy();
          case 2 -> new Sampling.Random(0.8f, 0, 0.95f, 0f, 1_000L + i);
          default -> new Sampling.Random(1.2f, 40, 1f, 0.02f, -i);
        };
    var adjustments = i % 3 == 1 ? new LogitAdjustments(1.15f, 0.4f, 0.2f, Map.of(198, -2f)) : LogitAdjustments.NONE;
    StopRule stop = i % 7 == 3 ? StopRule.END_OF_TEXT : new StopRule(List.of(), Set.of(), true, i % 5, false);
    int promptLogprobs = maxNewTokens == 0 ? 3 : i % 8 == 5 ? 0 : -1;
    requests.add(
        new GenerationRequest(
            new RequestId("real-" + i),
            TokenIds.of(prompt),
            maxNewTokens,
            sampling,
            adjustments,
            stop,
            5,
            promptLogprobs,
            new DecodingChoice.Plain(),
            ""));
  }

  private static List<JsonNode> lines(String name) {
    List<JsonNode> lines = new ArrayList<>();
    try (var stream = Objects.requireNonNull(RealRequests.class.getResourceAsStream("/io/headrace/golden/" + name), name);
        var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) lines.add(JSON.readTree(line));
    } catch (IOException unreadable) {
      throw new AssertionError(unreadable);
    }
    return lines;
  }

  private static int[] ids(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) values[i] = array.get(i).intValue();
    return values;
  }
}
