package io.headrace.intake;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One call at a door, in the desk's terms. Choices come in prompt-major order: choice {@code p * choicesPerPrompt + k}.
 *
 * @param requestId the door's name for the call, part of every generation's id
 * @param model the name asked for; null for the only model
 * @param prompts at least one
 * @param choicesPerPrompt 1 to 128
 * @param maxNewTokens output tokens of each choice at most; empty for what the window leaves
 * @param temperature 0 is greedy
 * @param seed of the first choice; the k-th uses seed + k. Empty draws one
 * @param decoding null for the served model's own choice
 * @param logprobs as in {@link io.headrace.generation.GenerationRequest}
 */
public record GenerationCall(
    String requestId,
    @Nullable String model,
    List<Prompt> prompts,
    int choicesPerPrompt,
    OptionalInt maxNewTokens,
    float temperature,
    int topK,
    float topP,
    float minP,
    OptionalLong seed,
    LogitAdjustments adjustments,
    StopRule stop,
    int logprobs,
    int promptLogprobs,
    @Nullable DecodingChoice decoding,
    String cacheSalt) {
  /** Generations one call may start. */
  public static final int MAX_CHOICES = 128;

  public GenerationCall {
    prompts = List.copyOf(prompts);
    if (prompts.isEmpty()) throw new IllegalArgumentException("a call needs a prompt");
    if (choicesPerPrompt < 1) throw new IllegalArgumentException("choicesPerPrompt must be at least 1");
    if (prompts.size() * (long) choicesPerPrompt > MAX_CHOICES) {
      throw new IllegalArgumentException("at most %d choices a call".formatted(MAX_CHOICES));
    }
    if (!(temperature >= 0f)) throw new IllegalArgumentException("temperature must be 0 or above");
  }

  /** The rule for choice number {@code k} of a prompt, with {@code firstSeed} for the first. */
  Sampling sampling(long firstSeed, int k) {
    return temperature == 0f
        ? new Sampling.Greedy()
        : new Sampling.Random(temperature, topK, topP, minP, firstSeed + k);
  }
}
