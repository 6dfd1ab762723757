package io.headrace.decode.fusion;

import java.util.Random;

/** Rows to fuse, and the plain sums that the closed forms must agree with. */
final class FusedRows {
  final float[] target;
  final float[] base;
  final float[][] experts;

  FusedRows(float[] target, float[] base, float[]... experts) {
    this.target = target;
    this.base = base;
    this.experts = experts;
  }

  /** Logits with a standard deviation of {@code spread}, shifts of {@code shift}; the models agree about as much as real ones. */
  static FusedRows drawn(long seed, int vocabulary, int experts, double spread, double shift) {
    Random random = new Random(seed);
    float[] target = new float[vocabulary];
    float[] base = new float[vocabulary];
    float[][] tuned = new float[experts][vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      double common = random.nextGaussian();
      target[i] = (float) (spread * (common + 0.5 * random.nextGaussian()));
      base[i] = (float) (spread * (0.8 * common + 0.5 * random.nextGaussian()));
      for (float[] expert : tuned) expert[i] = (float) (base[i] + shift * random.nextGaussian());
    }
    return new FusedRows(target, base, tuned);
  }

  float[] fuse(LogitFusion fusion) {
    float[] out = new float[target.length];
    fusion.dynamic(target, base, experts, out);
    return out;
  }

  float[] fuse(LogitFusion fusion, double weight) {
    float[] out = new float[target.length];
    fusion.fixed(target, base, experts, weight, out);
    return out;
  }

  /** What the weight {@code alpha} of expert {@code expert} misses by, all divergences summed token by token. */
  double miss(int expert, double alpha) {
    double[] before = softmax(target, base, base, 0);
    double[] after = softmax(target, base, experts[expert], alpha);
    double away = divergence(after, before);
    double back = divergence(before, after);
    double miss = 0;
    double[] q = softmax(base, base, base, 0);
    for (float[] row : experts) {
      double[] tuned = softmax(row, base, base, 0);
      double x = away - divergence(tuned, q);
      double y = back - divergence(q, tuned);
      miss += x * x + y * y;
    }
    return miss;
  }

  /** The best {@code {expert, alpha, miss}} on a grid. */
  double[] grid(double step) {
    double[] best = {0, 0, Double.POSITIVE_INFINITY};
    for (int expert = 0; expert < experts.length; expert++) {
      for (int i = 0; i * step <= LogitFusion.MOST + 1e-9; i++) {
        double miss = miss(expert, i * step);
        if (miss < best[2]) best = new double[] {expert, i * step, miss};
      }
    }
    return best;
  }

  /** Logarithms of probabilities of {@code row + alpha * (to - from)}. */
  static double[] softmax(float[] row, float[] from, float[] to, double alpha) {
    double[] logs = new double[row.length];
    double top = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < row.length; i++) {
      logs[i] = row[i] + (alpha == 0 ? 0 : alpha * ((double) to[i] - from[i]));
      top = Math.max(top, logs[i]);
    }
    double sum = 0;
    for (double x : logs) sum += StrictMath.exp(x - top);
    double norm = top + StrictMath.log(sum);
    for (int i = 0; i < logs.length; i++) logs[i] -= norm;
    return logs;
  }

  /** KL of two distributions given by logarithms. */
  static double divergence(double[] p, double[] q) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      double weight = StrictMath.exp(p[i]);
      if (weight > 0) sum += weight * (p[i] - q[i]);
    }
    return sum;
  }
}
