package io.headrace.bench;

/**
 * What two models said at every token of the target's own greedy continuation of a prompt. All arrays are as long as it.
 *
 * @param targetBits entropies of the target's rows, bits
 * @param companionBits of the companion's
 * @param divergence KL(target, companion), nats
 * @param agree whether both hold the same token likeliest
 * @param targetNanos that the target's passes of one row took
 * @param companionNanos that the companion's took
 */
public record SwitchTrace(double[] targetBits, double[] companionBits, double[] divergence, boolean[] agree, long targetNanos, long companionNanos) {
  /** Tokens of the continuation. */
  public int tokens() {
    return agree.length;
  }
}
