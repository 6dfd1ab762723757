package io.headrace.bench;

/**
 * What it took to decode one group of prompts in one way. Passes that computed prompts, and the token each of them yields, are not counted.
 *
 * @param tokens emitted by decoding passes, N
 * @param passes of the model, N_T
 * @param drafted tokens drafted and tested, N_D
 * @param discarded of these, N_X
 * @param engineSeconds from first to last token by the engine's clock, summed over the outputs
 * @param decodeSeconds the same by the reader's clock
 * @param wholeSeconds from the call to the last token by the reader's clock, summed over the outputs
 */
public record DecodingRun(
    long tokens, long passes, long drafted, long discarded, double engineSeconds, double decodeSeconds, double wholeSeconds) {
  /** Nothing. */
  public static final DecodingRun NONE = new DecodingRun(0, 0, 0, 0, 0, 0, 0);

  /** Both together. */
  public DecodingRun plus(DecodingRun other) {
    return new DecodingRun(
        tokens + other.tokens,
        passes + other.passes,
        drafted + other.drafted,
        discarded + other.discarded,
        engineSeconds + other.engineSeconds,
        decodeSeconds + other.decodeSeconds,
        wholeSeconds + other.wholeSeconds);
  }

  /** Whether {@code N_D = (N - N_T) + N_X}. */
  public boolean adds() {
    return drafted == tokens - passes + discarded;
  }
}
