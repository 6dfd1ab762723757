package io.headrace.decode.fusion;

import java.util.Arrays;

/**
 * Fuses rows of logits: {@code target + alpha * (expert - base)}, with a weight that is fixed, or one for each token such that the
 * target moves as far from itself as the expert moved from its base. The second is the least, over weights in [0, {@value #MOST}], of
 *
 * <pre>
 * sum over experts of (KL(fused, target) - KL(expert, base))^2 + (KL(target, fused) - KL(base, expert))^2
 * </pre>
 *
 * <p>Of several experts one at a time is tried, the others at weight 0, and the best one kept: their joint effect is not what any of
 * them was trained for. A fixed weight applies to all of them together.
 *
 * <p>A token of which any row says -infinity is out of play: it is -infinity in the fused row too. With weight 0 the fused row is the
 * target's, bit for bit; where target and base are equal and there is one expert, it is the expert's.
 *
 * <p><b>Errors.</b> {@link ArithmeticException} for a NaN or a +infinity, and where no token is left.
 *
 * <p><b>Thread.</b> Engine thread; scratch, reused for every token. Allocates nothing per token.
 */
public final class LogitFusion {
  /** The largest weight. */
  public static final double MOST = 2;

  private final int vocabulary;
  private final boolean[] alive;
  private final ShiftedRow shifted;
  private final WeightSearch search = new WeightSearch();
  private double alpha;
  private int expert;
  private int sweeps;

  public LogitFusion(int vocabulary) {
    if (vocabulary < 1) throw new IllegalArgumentException("vocabulary must be at least 1, was " + vocabulary);
    this.vocabulary = vocabulary;
    alive = new boolean[vocabulary];
    shifted = new ShiftedRow(vocabulary);
  }

  /**
   * Fuses with the weight that the rows themselves tell.
   *
   * @param target float32 {@code [vocabulary]}, as all rows
   * @param base what the experts were before they were trained
   * @param experts at least one
   * @param out takes the fused row; may be {@code target}
   */
  public void dynamic(float[] target, float[] base, float[][] experts, float[] out) {
    begin(target, base, experts);
    double wantedAway = 0;
    double wantedBack = 0;
    sweeps = 0;
    for (int i = 0; i < experts.length; i++) {
      shifted.begin(base, base, experts[i], alive).at(1);
      wantedAway += shifted.away() / experts.length;
      wantedBack += shifted.back() / experts.length;
      sweeps += 2;
    }
    alpha = 0;
    expert = 0;
    double miss = Double.POSITIVE_INFINITY;
    for (int i = 0; i < experts.length; i++) {
      search.run(shifted.begin(target, base, experts[i], alive), wantedAway, wantedBack);
      sweeps += 1 + search.sweeps();
      if (search.miss() >= miss) continue;
      miss = search.miss();
      alpha = search.best();
      expert = i;
    }
    float[] chosen = experts[expert];
    for (int i = 0; i < vocabulary; i++) {
      out[i] = alive[i] ? (float) (target[i] + alpha * ((double) chosen[i] - base[i])) : Float.NEGATIVE_INFINITY;
    }
  }

  /** Fuses with a given weight, 0 or above, for every expert. Parameters as above. */
  public void fixed(float[] target, float[] base, float[][] experts, double weight, float[] out) {
    if (!(weight >= 0)) throw new IllegalArgumentException("a weight is 0 or above, was " + weight);
    begin(target, base, experts);
    alpha = weight;
    expert = experts.length == 1 ? 0 : -1;
    sweeps = 0;
    if (weight == 0) {
      System.arraycopy(target, 0, out, 0, vocabulary);
      return;
    }
    for (int i = 0; i < vocabulary; i++) {
      double shift = 0;
      for (float[] row : experts) shift += (double) row[i] - base[i];
      out[i] = alive[i] ? (float) (target[i] + weight * shift) : Float.NEGATIVE_INFINITY;
    }
  }

  /** The weight of the last fusion. */
  public double alpha() {
    return alpha;
  }

  /** Which expert the last fusion took, from 0; -1 for all of several. */
  public int expert() {
    return expert;
  }

  /** How often the last fusion went over a row for its weight. */
  public int sweeps() {
    return sweeps;
  }

  private void begin(float[] target, float[] base, float[][] experts) {
    if (experts.length == 0) throw new IllegalArgumentException("fusion needs an expert");
    Arrays.fill(alive, true);
    look(target, "target");
    look(base, "base");
    for (float[] row : experts) look(row, "expert");
    for (boolean one : alive) if (one) return;
    throw new ArithmeticException("no token has a logit above -infinity in every model");
  }

  private void look(float[] row, String whose) {
    if (row.length < vocabulary) {
      throw new IllegalArgumentException("the %s's row has %d logits, expected %d".formatted(whose, row.length, vocabulary));
    }
    for (int i = 0; i < vocabulary; i++) {
      float x = row[i];
      if (x - x == 0f) continue;
      if (x != Float.NEGATIVE_INFINITY) {
        throw new ArithmeticException("the %s's logit of token %d is %s".formatted(whose, i, x));
      }
      alive[i] = false;
    }
  }
}
