package io.headrace.schedule;

/**
 * What one step may use at most.
 *
 * @param tokens rows of a pass, at least {@code sequences}
 * @param sequences sequences in a pass, at least 1
 * @param logitRows rows of a pass that want logits, at least {@code sequences}
 * @param blockTokens tokens of a block
 * @param watermarkBlocks blocks that admission leaves free for those who run
 */
public record StepLimits(
    int tokens, int sequences, int logitRows, int blockTokens, int watermarkBlocks) {
  public StepLimits {
    if (sequences < 1)
      throw new IllegalArgumentException("sequences must be at least 1, was " + sequences);
    if (tokens < sequences || logitRows < sequences) {
      throw new IllegalArgumentException(
          "%d tokens and %d logit rows for %d sequences".formatted(tokens, logitRows, sequences));
    }
  }

  int blocksFor(int tokens) {
    return (int) (((long) tokens + blockTokens - 1) / blockTokens);
  }
}
