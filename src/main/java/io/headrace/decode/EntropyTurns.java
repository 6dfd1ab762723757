package io.headrace.decode;

/**
 * Whose turn it is between a target and its companion, token by token, under an {@link EntropySwitch}: remembers the last entropies of the
 * model that goes on and how many tokens it has yielded.
 *
 * <p>Thread: one at a time.
 */
public final class EntropyTurns {
  private final EntropySwitch rule;

  /** Entropies of the last rows of the model that goes on, the {@code seen}-th at {@code seen % length}. */
  private final double[] window;

  private int seen;
  private int yielded;
  private boolean onTarget;

  /**
   * @param window rows that the mean is of, at least 1
   * @param onTarget whose turn it is first
   */
  public EntropyTurns(EntropySwitch rule, int window, boolean onTarget) {
    this.rule = rule;
    this.window = new double[window];
    this.onTarget = onTarget;
  }

  /** Whether it is the target's turn. */
  public boolean onTarget() {
    return onTarget;
  }

  /** Takes in the entropy of the row that the next token is drawn from, bits; one that is no number is passed over. */
  public void saw(double bits) {
    if (bits == bits) window[seen++ % window.length] = bits;
  }

  /** The token is drawn: whether the turn has passed to the other model by that. */
  public boolean passes() {
    yielded++;
    if (rule.targetNext(onTarget, mean(), yielded) == onTarget) return false;
    onTarget = !onTarget;
    yielded = 0;
    seen = 0;
    return true;
  }

  /** NaN where nothing was seen since the turn began. */
  private double mean() {
    int count = Math.min(seen, window.length);
    double sum = 0;
    for (int i = 0; i < count; i++) sum += window[i];
    return sum / count;
  }
}
