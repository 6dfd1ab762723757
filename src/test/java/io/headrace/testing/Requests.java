package io.headrace.testing;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.RequestId;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import io.headrace.generation.TokenIds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** Requests of every kind over a small vocabulary, the same for the same seed. */
public final class Requests {
  private Requests() {}

  /**
   * Mixed prompts (some share a long beginning), lengths, samplings, adjustments, stop rules and
   * log-probabilities.
   *
   * @param longestPrompt at least 2
   */
  public static List<GenerationRequest> mixed(
      long seed, int count, int vocabulary, int longestPrompt, int mostOutput) {
    var random = new SplittableRandom(seed);
    int[] shared = random.ints(longestPrompt, 0, vocabulary).toArray();
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = 1 + random.nextInt(longestPrompt);
      int[] prompt = new int[length];
      int common = random.nextInt(3) == 0 ? 0 : random.nextInt(length + 1);
      for (int t = 0; t < length; t++)
        prompt[t] = t < common ? shared[t] : random.nextInt(vocabulary);
      requests.add(
          request(random, "seed" + seed + "-" + i, prompt, 1 + random.nextInt(mostOutput)));
    }
    return requests;
  }

  private static GenerationRequest request(
      SplittableRandom random, String id, int[] prompt, int maxNewTokens) {
    Sampling sampling =
        switch (random.nextInt(4)) {
          case 0, 1 -> new Sampling.Greedy();
          case 2 -> new Sampling.Random(0.9f, 0, 0.9f, 0f, random.nextLong());
          default -> new Sampling.Random(1.3f, 8, 1f, 0.02f, random.nextLong());
        };
    var adjustments =
        random.nextInt(3) == 0
            ? new LogitAdjustments(1.2f, 0.3f, -0.4f, Map.of(5, 2f, 9, -3f))
            : LogitAdjustments.NONE;
    var stop =
        new StopRule(
            List.of(),
            random.nextInt(3) == 0 ? Set.of(11) : Set.of(),
            random.nextInt(3) > 0,
            random.nextInt(6),
            false);
    boolean scoreOnly = random.nextInt(12) == 0;
    int promptLogprobs = scoreOnly || random.nextInt(6) == 0 ? random.nextInt(3) : -1;
    return new GenerationRequest(
        new RequestId(id),
        TokenIds.of(prompt),
        scoreOnly ? 0 : maxNewTokens,
        sampling,
        adjustments,
        stop,
        random.nextInt(4) - 1,
        promptLogprobs,
        new DecodingChoice.Plain(),
        random.nextInt(10) == 0 ? "salt" : "");
  }

  /** A greedy request that only its length can end. */
  public static GenerationRequest plain(String id, int maxNewTokens, int... prompt) {
    return new GenerationRequest(
        new RequestId(id),
        TokenIds.of(prompt),
        maxNewTokens,
        new Sampling.Greedy(),
        LogitAdjustments.NONE,
        new StopRule(List.of(), Set.of(), true, 0, false),
        -1,
        -1,
        new DecodingChoice.Plain(),
        "");
  }

  /** A greedy request whose output has only the given tokens. */
  public static GenerationRequest only(String id, int maxNewTokens, StopRule stop, int... tokens) {
    Map<Integer, Float> bias = new HashMap<>();
    for (int token : tokens) bias.put(token, 80f);
    GenerationRequest plain = plain(id, maxNewTokens, 1, 2, 10);
    return with(plain, new LogitAdjustments(1, 0, 0, bias), stop, 0, -1, plain.decoding());
  }

  /** The same with another stop rule. */
  public static GenerationRequest stopping(GenerationRequest request, StopRule stop) {
    return with(request, request.adjustments(), stop, request.logprobs(), request.promptLogprobs(), request.decoding());
  }

  /** The same, decoded in another way. */
  public static GenerationRequest decoded(GenerationRequest request, DecodingChoice choice) {
    return with(request, request.adjustments(), request.stop(), request.logprobs(), request.promptLogprobs(), choice);
  }

  /** The same with log-probabilities. */
  public static GenerationRequest scored(GenerationRequest request, int logprobs, int promptLogprobs) {
    return with(request, request.adjustments(), request.stop(), logprobs, promptLogprobs, request.decoding());
  }

  private static GenerationRequest with(
      GenerationRequest request, LogitAdjustments adjustments, StopRule stop, int logprobs, int promptLogprobs, DecodingChoice choice) {
    return new GenerationRequest(
        request.id(), request.prompt(), request.maxNewTokens(), request.sampling(), adjustments, stop, logprobs, promptLogprobs, choice,
        request.cacheSalt());
  }
}
