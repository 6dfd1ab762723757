package io.headrace.generation;

/**
 * What a caller asked for, after every check that needs no model state.
 *
 * @param prompt at least one token
 * @param maxNewTokens output tokens at most; 0 only scores the prompt
 * @param logprobs alternatives reported beside each output token: -1 none at all, 0 the chosen token's log-probability alone, at most 20
 * @param promptLogprobs the same for each prompt token given those before it; -1 none
 * @param cacheSalt prefixes are shared only among requests with equal salt; empty for the common one
 */
public record GenerationRequest(
    RequestId id,
    TokenIds prompt,
    int maxNewTokens,
    Sampling sampling,
    LogitAdjustments adjustments,
    StopRule stop,
    int logprobs,
    int promptLogprobs,
    DecodingChoice decoding,
    String cacheSalt) {
  /** Alternatives that can be asked for at most. */
  public static final int MAX_LOGPROBS = 20;

  public GenerationRequest {
    if (prompt.isEmpty()) throw new IllegalArgumentException("prompt has no tokens");
    if (maxNewTokens < 0) throw new IllegalArgumentException("maxNewTokens must be at least 0, was " + maxNewTokens);
    checkLogprobs("logprobs", logprobs);
    checkLogprobs("promptLogprobs", promptLogprobs);
  }

  /** A plain greedy request, the smallest useful one. */
  public static GenerationRequest greedy(RequestId id, TokenIds prompt, int maxNewTokens) {
    return new GenerationRequest(
        id, prompt, maxNewTokens, new Sampling.Greedy(), LogitAdjustments.NONE, StopRule.END_OF_TEXT, -1, -1,
        new DecodingChoice.Plain(), "");
  }

  private static void checkLogprobs(String field, int value) {
    if (value < -1 || value > MAX_LOGPROBS) {
      throw new IllegalArgumentException("%s must be in [-1, %d], was %d".formatted(field, MAX_LOGPROBS, value));
    }
  }
}
