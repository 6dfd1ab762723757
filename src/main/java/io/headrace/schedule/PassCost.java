package io.headrace.schedule;

import java.util.Arrays;

/**
 * What passes cost on this machine with this model, as measured lately, and from it how many rows of
 * prompts a step may take on without stretching the time between a stream's tokens too much.
 *
 * <p>Model: a pass over {@code d} sequences that decode takes {@code plain(d)}; {@code p} rows of
 * prompts add {@code p} times the price of a row. Both move with what is measured, so they follow
 * growing contexts, other processes and other models by themselves.
 *
 * <p>Thread: engine thread. Reads no clock.
 */
public final class PassCost {
  /*
   * plain(d) is kept for ranges of d that double: 1, 2, 3-4, 5-8 and so on. Under load there is always
   * a prompt to compute and no step would ever be plain; taking an old or a smaller range's time for it
   * would make prompts look dear and hold them at the least chunk. So a step goes without prompts
   * whenever its range was never measured, or not for the last STALE steps.
   *
   * The price of a row is the ratio of two sums that forget: time beyond plain(d), and rows. Few rows
   * cost more each than many. That needs no second parameter: a chunk that came out cheaper than
   * allowed lowers the price and the next one is larger, until a chunk uses up what is allowed, which
   * is the only point where the price must be right.
   *
   * A step with drafts tells what it would have taken without them by what rows cost (RowCost): so neither the plain time nor the price
   * of prompts moves when drafting begins or ends.
   *
   * A measurement of more than four times what was expected counts as four times that: somebody took
   * the processor away, and one such step should not starve prompts for the next twenty.
   */
  private static final double NEW = 0.125;
  private static final double MOST_SURPRISE = 4;

  /** Steps with prompts after which a range is measured again: costs prompts 1.5 % of the steps. */
  private static final int STALE = 64;

  /** Rows of prompts beside streams while their price is not known. A guess between starving and stalling. */
  private static final int UNMEASURED = 64;

  private final double[] plain = new double[32];
  private final int[] mixedSince = new int[32];
  private double extra;
  private double rows;

  /** Whether the sums are of steps with streams. */
  private boolean mixed;

  private final RowCost drafts = new RowCost();
  private final DraftBudget budget = new DraftBudget();

  /** Nothing measured. */
  public PassCost() {
    Arrays.fill(plain, Double.NaN);
  }

  /**
   * Takes in a step without drafts.
   *
   * @param decoding sequences that decoded, 0 or more
   * @param prefill rows of prompts, 0 or more
   * @param nanos how long the step took
   */
  public void measured(int decoding, int prefill, long nanos) {
    measured(decoding, 0, 0, prefill, nanos);
  }

  /**
   * Takes in a step.
   *
   * @param decoding sequences that decoded, 0 or more
   * @param drafted rows of drafts beyond one for each of these
   * @param context tokens computed before, the mean of these sequences
   * @param prefill rows of prompts, 0 or more
   * @param nanos how long the step took
   */
  public void measured(int decoding, int drafted, int context, int prefill, long nanos) {
    double stretch = decoding == 0 ? 1 : drafts.ratio(decoding, decoding + drafted, context);
    if (prefill == 0) {
      if (decoding == 0) return;
      drafts.measured(decoding, decoding + drafted, context, nanos);
      int range = range(decoding);
      double known = plain[range];
      double now = nanos / stretch;
      if (Double.isNaN(known)) plain[range] = now;
      else plain[range] += weight(range) * (Math.min(now, MOST_SURPRISE * known) - known);
      mixedSince[range] = 0;
      return;
    }
    if (decoding > 0) mixedSince[range(decoding)]++;
    double base = decoding == 0 ? 0 : plain(decoding) * stretch;
    // A prompt alone tells little of a chunk beside streams: it is believed until there is better.
    if (Double.isNaN(base) || decoding == 0 && mixed) return;
    double more = Math.max(0, nanos - base);
    if (rows > 0) more = Math.min(more, MOST_SURPRISE * extra / rows * prefill);
    if (decoding > 0 && !mixed) {
      mixed = true;
      extra = 0;
      rows = 0;
    }
    extra += NEW * (more - extra);
    rows += NEW * (prefill - rows);
  }

  /**
   * Rows of prompts for a step in which {@code decoding} sequences decode.
   *
   * @param stretch how many times its plain time the step may take, at least 1
   * @param least prompts get so many in any case, so that they never starve
   * @param most rows that fit into the step
   * @return between {@code least} and {@code most}, or 0 where this step has to show what it costs
   *     without prompts
   */
  public int prefillRows(int decoding, double stretch, int least, int most) {
    if (decoding == 0) return most;
    double base = plain(decoding);
    if (Double.isNaN(base) || mixedSince[range(decoding)] >= STALE) return 0;
    double fair = UNMEASURED;
    if (rows > 0) fair = extra <= 0 ? most : (stretch - 1) * base * rows / extra;
    return (int) Math.min(most, Math.max(least, fair));
  }

  /**
   * How many times longer a step takes with {@code more} further rows of drafts.
   *
   * @param decoding sequences that decode, at least 1
   * @param rows of the pass without these: at least one for each sequence, drafts of others, prompts
   * @param context tokens computed before, the mean of these sequences
   */
  public double stretch(int decoding, int rows, int more, int context) {
    return drafts.ratio(decoding, rows + more, context) / drafts.ratio(decoding, rows, context);
  }

  /** Nanoseconds of a step with so many rows, of which those beyond one a sequence are drafts; NaN when nothing like it was measured. */
  public double nanos(int decoding, int rows, int context) {
    return drafts.plain(decoding, context) * drafts.ratio(decoding, rows, context);
  }

  /** What drafts may lose here. */
  public DraftBudget budget() {
    return budget;
  }

  /** Nanoseconds of a step in which so many sequences decode and nothing else; NaN when unknown. */
  double plain(int decoding) {
    return plain[range(decoding)];
  }

  /** A measurement that was long awaited counts for more. */
  private double weight(int range) {
    return mixedSince[range] >= STALE ? 0.5 : NEW;
  }

  private static int range(int decoding) {
    return 32 - Integer.numberOfLeadingZeros(decoding - 1);
  }
}
