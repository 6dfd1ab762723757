package io.headrace.intake;

import io.headrace.generation.Failure;
import io.headrace.generation.FinishReason;
import io.headrace.generation.TokenCounts;
import io.headrace.generation.Timings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a choice yields: optionally {@link PromptScored}, any number of {@link Text}, then {@link End} or {@link Fault}. */
public sealed interface GenerationPiece {
  /** The prompt's tokens with their log-probabilities, the first without. */
  record PromptScored(List<TokenDetail> tokens) implements GenerationPiece {}

  /**
   * Text that is final, and the tokens it came from. Tokens whose text is held back (an incomplete code point, a possible stop string)
   * come with a later piece. {@code text} may be empty at the end of a choice.
   */
  record Text(String text, List<TokenDetail> tokens) implements GenerationPiece {}

  /** The end; {@code cascade} says who answered where several models might have. */
  record End(FinishReason reason, TokenCounts counts, Timings timings, @Nullable CascadeRecord cascade) implements GenerationPiece {
    /** Of an output without a cascade. */
    public End(FinishReason reason, TokenCounts counts, Timings timings) {
      this(reason, counts, timings, null);
    }
  }

  record Fault(Failure failure) implements GenerationPiece {}
}
