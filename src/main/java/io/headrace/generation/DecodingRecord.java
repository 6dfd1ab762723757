package io.headrace.generation;

/**
 * What one strategy did: in the passes whose tree it proposed, for one generation or for all of an engine. Passes that computed a prompt
 * are not among them; those without a draft belong to {@link Strategy#PLAIN}.
 *
 * <p>Identity: {@code drafted = (tokens - passes) + discarded}. A verdict that an end, a stop string or the length cut counts what was
 * emitted: its last token is the one that the pass yields anyhow, even where it had been drafted.
 *
 * @param passes of the target model
 * @param tokens emitted by them, stop tokens included
 * @param drafted tokens drafted and tested
 * @param accepted of these, tokens that saved a pass: {@code tokens - passes}
 * @param draftNanos spent on drafting, nanoseconds
 * @param stepNanos what the steps of these passes took where no prompt was computed beside, drafting included
 * @param plainNanos what these steps would have taken without any draft, by what such steps took lately
 * @param weights with which other models moved the target's logits, summed over the passes; 0 where they do not
 */
public record DecodingRecord(
    Strategy strategy, long passes, long tokens, long drafted, long accepted, long draftNanos, long stepNanos, long plainNanos, double weights) {
  /** Nothing done. */
  public static DecodingRecord none(Strategy strategy) {
    return new DecodingRecord(strategy, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  /** Drafted tokens for nothing. */
  public long discarded() {
    return drafted - accepted;
  }

  /** 1 for plain decoding; NaN without passes. */
  public double tokensPerPass() {
    return passes == 0 ? Double.NaN : (double) tokens / passes;
  }

  /** How much longer a step took than a plain one, as a factor; NaN where nothing was measured. */
  public double overhead() {
    return plainNanos == 0 ? Double.NaN : (double) stepNanos / plainNanos;
  }

  /** The mean weight of a fusion; NaN without passes. */
  public double meanWeight() {
    return passes == 0 ? Double.NaN : weights / passes;
  }

  /** Both together, under this one's strategy. */
  public DecodingRecord plus(DecodingRecord other) {
    return new DecodingRecord(
        strategy,
        passes + other.passes,
        tokens + other.tokens,
        drafted + other.drafted,
        accepted + other.accepted,
        draftNanos + other.draftNanos,
        stepNanos + other.stepNanos,
        plainNanos + other.plainNanos,
        weights + other.weights);
  }
}
