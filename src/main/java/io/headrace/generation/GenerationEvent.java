package io.headrace.generation;

import java.util.List;

/** What the engine tells a caller: at most one {@link Started}, any number of {@link Committed}, then one of the last two. */
public sealed interface GenerationEvent {
  /** The first step with rows of this request was planned; {@code cachedTokens} of its prompt need no computing. */
  record Started(int cachedTokens) implements GenerationEvent {}

  /** The prompt was scored, as asked by {@code promptLogprobs}: one entry per prompt token, the first without a value. */
  record PromptScored(List<TokenLogprobs> tokens) implements GenerationEvent {
    public PromptScored {
      tokens = List.copyOf(tokens);
    }
  }

  /**
   * Output tokens of one pass, in order.
   *
   * @param logprobs empty, or one entry per token
   * @param strategy what drafted for the pass
   * @param drafted the first so many tokens had been drafted; the others are the model's own choice
   */
  record Committed(TokenIds tokens, List<TokenLogprobs> logprobs, Strategy strategy, int drafted) implements GenerationEvent {
    public Committed {
      logprobs = List.copyOf(logprobs);
      if (!logprobs.isEmpty() && logprobs.size() != tokens.size()) {
        throw new IllegalArgumentException("%d logprobs for %d tokens".formatted(logprobs.size(), tokens.size()));
      }
      if (drafted < 0 || drafted > tokens.size()) {
        throw new IllegalArgumentException("%d of %d tokens drafted".formatted(drafted, tokens.size()));
      }
    }
  }

  record Finished(FinishReason reason, TokenCounts counts, Timings timings) implements GenerationEvent {}

  record Failed(Failure failure) implements GenerationEvent {}
}
