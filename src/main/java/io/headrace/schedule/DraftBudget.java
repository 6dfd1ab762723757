package io.headrace.schedule;

import java.util.Arrays;

/**
 * What drafting may lose: the floor under it, whatever was hoped.
 *
 * <p>Thread: engine thread. Reads no clock.
 */
public final class DraftBudget {
  /*
   * All sums are in plain steps: times of a step with as many sequences and no drafts. For each range of sequences there is an account. A step with
   * drafts that by what rows and guesses cost takes t and yielded y times what a plain one yields earns y - t, seldom less than nothing for long if hopes
   * are right. No single step's clock is asked: a busy neighbour would close accounts that earn. Every step, drafted or not, pays in SHARE of its time.
   * The account never holds more than MOST, so that what was earned is not lost later. Once it is overdrawn there are no drafts until OPEN is in it
   * again. So, however wrong the hopes are, what is lost is at most SHARE of the time, and MOST plus one step once.
   *
   * Trials of what is not expected to pay have a budget of their own, TRIALS of the time: a trial is paid with what it is expected to lose, so dear ones
   * are rare. No two of them come within REST steps.
   *
   * What a plain step takes must be known for that, and steps with drafts alone cannot tell it from what rows cost. So the first step is plain, and after 1,
   * 2, 4, ... steps with drafts another; after CONTROL at most where drafts earn, where a plain step loses what they would have gained.
   */
  private static final double SHARE = 0.004;
  private static final double MOST = 4;
  private static final double OPEN = 1;
  private static final double TRIALS = 0.004;
  private static final double MOST_TRIALS = 1;
  private static final int REST = 16;
  private static final int CONTROL = 128;

  private static final int RANGES = 32;

  private final double[] account = new double[RANGES];
  private final double[] trials = new double[RANGES];
  private final boolean[] closed = new boolean[RANGES];
  private final int[] sinceTrial = new int[RANGES];
  private final int[] sincePlain = new int[RANGES];
  private final int[] period = new int[RANGES];

  /** Trusted with a little. */
  public DraftBudget() {
    Arrays.fill(account, OPEN);
  }

  /**
   * Takes in a step without prompts.
   *
   * @param decoding sequences, at least 1
   * @param active whether it drafted, or computed drafts
   * @param yield tokens, relative to a plain step
   * @param time it should have taken, likewise, by what rows and guesses cost
   */
  public void measured(int decoding, boolean active, double yield, double time) {
    int range = RowCost.range(decoding);
    account[range] = Math.min(MOST, account[range] + SHARE * time + (active ? yield - time : 0));
    trials[range] = Math.min(MOST_TRIALS, trials[range] + TRIALS * time);
    sinceTrial[range]++;
    if (active) {
      sincePlain[range]++;
    } else {
      sincePlain[range] = 0;
      period[range] = Math.clamp(2 * period[range], 1, CONTROL);
    }
    if (account[range] < 0) closed[range] = true;
    else if (account[range] >= OPEN) closed[range] = false;
  }

  /** Whether a step with so many sequences may have drafts. */
  public boolean drafts(int decoding) {
    int range = RowCost.range(decoding);
    return !closed[range] && sincePlain[range] < period[range];
  }

  /** Whether such a step may try what is expected to lose so much of it; if so, that is paid. */
  public boolean mayTry(int decoding, double loss) {
    int range = RowCost.range(decoding);
    if (sinceTrial[range] < REST || !(loss <= trials[range])) return false;
    trials[range] -= Math.max(0, loss);
    sinceTrial[range] = 0;
    return true;
  }
}
