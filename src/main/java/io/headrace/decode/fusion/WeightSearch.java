package io.headrace.decode.fusion;

/**
 * Finds the weight at which a shifted row has gone as far from where it was as it should, in both directions of the divergence: the least
 * of {@code (away - wantedAway)^2 + (back - wantedBack)^2} between 0 and {@link LogitFusion#MOST}.
 *
 * <p>Both divergences only grow with the weight. So below the smaller of the two roots the miss falls, above the larger it rises, and
 * over any stretch it is at least what the nearer ends leave. Between the roots there may be several low points. A bracketed search
 * for a zero of the derivative finds one, usually in five or six sweeps; then every stretch that its ends do not rule out is
 * cut until they do or it is short; unless the roots are so near, by how the divergences grow, that these grow evenly between them.
 *
 * <p>Thread: engine thread; scratch, reused for every row.
 */
final class WeightSearch {
  /** Stretches that are shorter are not looked into any more. */
  private static final double SHORT = 1.0 / 64;

  /** How near a low point is located. */
  private static final double NEAR = 1e-5;

  /** A stretch must promise to lower the miss by this share to be looked into. */
  private static final double WORTH = 1e-3;

  /** A slope of this share of what is wanted is none. */
  private static final double LEVEL = 1e-5;

  /** A miss of this share of what is wanted is none. */
  private static final double NOTHING = 1e-7;

  private static final int MOST_POINTS = 160;

  private final double[] at = new double[MOST_POINTS];
  private final double[] away = new double[MOST_POINTS];
  private final double[] back = new double[MOST_POINTS];

  /** The derivative of the miss, scaled to be a weighted mean of how far both divergences are from what is wanted. */
  private final double[] slope = new double[MOST_POINTS];

  private int points;
  private double wantedAway;
  private double wantedBack;
  private double best;
  private double miss;

  /** Whether {@link #best} is the only low point, by what is seen from it. */
  private boolean settled;

  /** Searches; {@code row} is left at some weight. */
  WeightSearch run(ShiftedRow row, double wantedAway, double wantedBack) {
    this.wantedAway = wantedAway;
    this.wantedBack = wantedBack;
    points = 0;
    best = 0;
    miss = missOf(0, 0);
    settled = false;
    put(0, 0, 0, -(wantedAway + wantedBack) / 2);
    if (done()) return this;
    // First where small and large model would agree, which also is where equal models are fused to the last bit.
    int one = look(row, 1);
    if (done()) return this;
    if (away[one] < wantedAway || back[one] < wantedBack) look(row, LogitFusion.MOST);
    for (int i = 0; i + 1 < points && !done() && points < MOST_POINTS; ) {
      if (ruledOut(i)) {
        i++;
      } else if (slope[i] < 0 && slope[i + 1] > 0 && at[i + 1] - at[i] > NEAR) {
        descend(row, i);
        i = 0;
      } else if (at[i + 1] - at[i] > SHORT) {
        look(row, cut(at[i], at[i + 1]));
        i = 0;
      } else {
        i++;
      }
    }
    return this;
  }

  /** The weight with the least miss; of equal ones the smallest. */
  double best() {
    return best;
  }

  /** What {@link #best} misses by, squared nats. */
  double miss() {
    return miss;
  }

  /** Sweeps of the last search. */
  int sweeps() {
    return points - 1;
  }

  /**
   * Closes in on a zero of the slope between two points (regula falsi, Illinois rule). The slope is nearly linear in the square of the
   * weight: divergences begin as squares.
   */
  private void descend(ShiftedRow row, int i) {
    double low = at[i];
    double high = at[i + 1];
    double below = slope[i];
    double above = slope[i + 1];
    int side = 0;
    while (high - low > NEAR && points < MOST_POINTS && !done()) {
      double square = (low * low * above - high * high * below) / (above - below);
      double next = Math.sqrt(Math.max(0, square));
      // Close to an end that is as good as the zero, step beyond it, so that the bracket closes from both sides.
      double margin = Math.max(NEAR / 2, (high - low) / 1024);
      next = Math.min(high - margin, Math.max(low + margin, next));
      if (!(next > low && next < high)) next = (low + high) / 2;
      double found = slope[look(row, next)];
      if (found == 0) return;
      if (found < 0) {
        low = next;
        below = found;
        if (side < 0) above /= 2;
        side = -1;
      } else {
        high = next;
        above = found;
        if (side > 0) below /= 2;
        side = 1;
      }
    }
  }

  private boolean done() {
    double wanted = NOTHING * (wantedAway + wantedBack);
    return settled || miss <= wanted * wanted;
  }

  /** Beside the best point where it is an end, for the rest is mostly ruled out then; else in the middle. */
  private double cut(double low, double high) {
    if (high - low > 2 * SHORT) {
      if (low == best) return low + SHORT;
      if (high == best) return high - SHORT;
    }
    return (low + high) / 2;
  }

  /** Whether nothing worth it can lie between point {@code i} and the next. */
  private boolean ruledOut(int i) {
    double x = gap(away[i], away[i + 1], wantedAway);
    double y = gap(back[i], back[i + 1], wantedBack);
    return x * x + y * y >= miss * (1 - WORTH);
  }

  private static double gap(double from, double to, double wanted) {
    return Math.max(0, Math.max(from - wanted, wanted - to));
  }

  private double missOf(double away, double back) {
    double x = away - wantedAway;
    double y = back - wantedBack;
    return x * x + y * y;
  }

  private int look(ShiftedRow row, double alpha) {
    row.at(alpha);
    double x = row.away();
    double y = row.back();
    double grows = row.awayGrowth() + row.backGrowth();
    double slope =
        grows > 0
            ? ((x - wantedAway) * row.awayGrowth() + (y - wantedBack) * row.backGrowth()) / grows
            : (x - wantedAway + y - wantedBack) / 2;
    if (Math.abs(slope) <= LEVEL * (wantedAway + wantedBack)) slope = 0;
    double here = missOf(x, y);
    if (here < miss || here == miss && alpha < best) {
      miss = here;
      best = alpha;
      settled =
          slope == 0
              && row.evenWithin(Math.max(Math.abs(x - wantedAway) / row.awayGrowth(), Math.abs(y - wantedBack) / row.backGrowth()));
    }
    return put(alpha, x, y, slope);
  }

  private int put(double alpha, double x, double y, double slope) {
    int i = points++;
    for (; i > 0 && at[i - 1] > alpha; i--) {
      at[i] = at[i - 1];
      away[i] = away[i - 1];
      back[i] = back[i - 1];
      this.slope[i] = this.slope[i - 1];
    }
    at[i] = alpha;
    away[i] = x;
    back[i] = y;
    this.slope[i] = slope;
    return i;
  }
}
