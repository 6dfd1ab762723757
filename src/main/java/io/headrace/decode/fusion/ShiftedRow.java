package io.headrace.decode.fusion;

/**
 * The distributions {@code softmax(z + alpha * shift)} for all weights of one shift, and how far each is from that at weight 0. With
 * {@code L(alpha)} the logarithm of the sum of {@code e^(z + alpha * shift)} and {@code g} its derivative, which is the mean of the shift,
 *
 * <pre>
 * KL(at alpha, at 0) = alpha * g(alpha) - (L(alpha) - L(0))
 * KL(at 0, at alpha) = L(alpha) - L(0) - alpha * g(0)
 * </pre>
 *
 * so one sweep over the row gives both. Both are 0 at 0 and never fall on the way up.
 *
 * <p>Tokens that weigh less than e^-30 of the row's favourite at both ends of the range do so everywhere between, since the logarithm
 * of that ratio is linear; they are left out.
 *
 * <p>Thread: engine thread; scratch, reused for every row.
 */
final class ShiftedRow {
  /** Nats below the favourite from which a token counts for nothing. */
  private static final double REACH = 30;

  private final double[] logits;
  private final double[] shifts;
  private final double[] moved;
  private final double[] weights;
  private int count;
  private double logSum0;
  private double mean0;

  private double logSum;
  private double mean;
  private double variance;
  private double skew;
  private double alpha;

  ShiftedRow(int vocabulary) {
    logits = new double[vocabulary];
    shifts = new double[vocabulary];
    moved = new double[vocabulary];
    weights = new double[vocabulary];
  }

  /**
   * Stands for {@code row} moved by {@code to - from} from now on, and at weight 0. Tokens with {@code alive} false take no part; at least
   * one is alive, and the logits of those are finite.
   */
  ShiftedRow begin(float[] row, float[] from, float[] to, boolean[] alive) {
    int favourite = -1;
    for (int i = 0; i < alive.length; i++) {
      if (alive[i] && (favourite < 0 || row[i] > row[favourite])) favourite = i;
    }
    double top = row[favourite];
    double shift = (double) to[favourite] - from[favourite];
    count = 0;
    for (int i = 0; i < alive.length; i++) {
      if (!alive[i]) continue;
      // Relative to the favourite, so that constants on top of any model's logits fall out before anything is rounded.
      double z = row[i] - top;
      double d = ((double) to[i] - from[i]) - shift;
      if (z < -REACH && z + LogitFusion.MOST * d < -REACH) continue;
      logits[count] = z;
      shifts[count++] = d;
    }
    logSum0 = 0;
    mean0 = 0;
    at(0);
    logSum0 = logSum;
    mean0 = mean;
    return this;
  }

  /** Moves to another weight: one sweep. */
  ShiftedRow at(double alpha) {
    double top = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) moved[i] = logits[i] + alpha * shifts[i];
    for (int i = 0; i < count; i++) top = Math.max(top, moved[i]);
    Exponential.of(moved, top, weights, count);
    double sum = 0;
    double first = 0;
    double second = 0;
    double third = 0;
    for (int i = 0; i < count; i++) {
      double d = shifts[i];
      double moment = weights[i] * d;
      sum += weights[i];
      first += moment;
      moment *= d;
      second += moment;
      third += moment * d;
    }
    this.alpha = alpha;
    logSum = top + StrictMath.log(sum);
    mean = first / sum;
    double square = second / sum;
    variance = Math.max(0, square - mean * mean);
    skew = third / sum - mean * (3 * square - 2 * mean * mean);
    return this;
  }

  double alpha() {
    return alpha;
  }

  /** KL(here, at 0), nats. */
  double away() {
    return Math.max(0, alpha * mean - (logSum - logSum0));
  }

  /** KL(at 0, here), nats. */
  double back() {
    return Math.max(0, logSum - logSum0 - alpha * mean0);
  }

  /** How fast {@link #away} grows here, per unit of weight. */
  double awayGrowth() {
    return alpha * variance;
  }

  /** How fast {@link #back} grows here, per unit of weight. */
  double backGrowth() {
    return Math.max(0, mean - mean0);
  }

  /** Whether the growths change by less than half of themselves, as far as can be seen from here, up to {@code distance} away. */
  boolean evenWithin(double distance) {
    return distance <= alpha / 4 && Math.abs(skew) * distance <= variance / 2;
  }
}
