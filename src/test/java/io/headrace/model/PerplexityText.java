package io.headrace.model;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Two models over the perplexity text, window by window: how far the second is from the first, and both from the golden likelihoods. */
final class PerplexityText {
  private final DecoderModel reference;
  private final DecoderModel other;
  private final int[] ids;
  private final int window;
  private final double[][] golden;

  private final double[] divergence;
  private final float[] gap;
  private final boolean[] same;
  private final double[] referenceNll;
  private final double[] otherNll;
  private int done;

  /**
   * @param golden per window the negative log-likelihoods of all tokens but the first
   */
  PerplexityText(DecoderModel reference, DecoderModel other, int[] ids, int window, double[][] golden) {
    this.reference = reference;
    this.other = other;
    this.ids = ids;
    this.window = window;
    this.golden = golden;
    divergence = new double[ids.length];
    gap = new float[ids.length];
    same = new boolean[ids.length];
    referenceNll = new double[ids.length];
    otherNll = new double[ids.length];
  }

  void run(int windows) {
    for (int w = 0; w < windows; w++) window(w);
    done = windows * window;
  }

  private void window(int w) {
    int[] tokens = Arrays.copyOfRange(ids, w * window, (w + 1) * window);
    int[] table = Runs.table(window);
    ForwardBatch one = reference.newBatch();
    ForwardBatch two = other.newBatch();
    int chunk = Math.min(one.maxWanted(), two.maxWanted());
    for (int start = 0; start < window; start += chunk) {
      int at = start;
      int count = Math.min(chunk, window - at);
      float[][] a = rows(reference, one, table, tokens, at, count);
      float[][] b = rows(other, two, table, tokens, at, count);
      IntStream.range(0, count)
          .parallel()
          .forEach(i -> compare(w * window + at + i, at + i + 1 < window, a[i], b[i]));
    }
  }

  private static float[][] rows(
      DecoderModel model, ForwardBatch batch, int[] table, int[] tokens, int at, int count) {
    batch.clear();
    batch.addChain(table, table.length, at, tokens, at, count, count);
    LogitRows logits = model.forward(batch);
    float[][] rows = new float[count][logits.vocabulary()];
    for (int i = 0; i < count; i++) logits.copyRow(i, rows[i]);
    return rows;
  }

  private void compare(int position, boolean predicts, float[] a, float[] b) {
    double[] one = Distribution.logSoftmax(a);
    double[] two = Distribution.logSoftmax(b);
    divergence[position] = Distribution.divergence(one, two);
    gap[position] = Distribution.gap(a);
    same[position] = Distribution.argmax(a) == Distribution.argmax(b);
    if (predicts) {
      referenceNll[position] = -one[ids[position + 1]];
      otherNll[position] = -two[ids[position + 1]];
    }
  }

  double meanDivergence() {
    return Arrays.stream(divergence, 0, done).average().orElseThrow();
  }

  double divergenceQuantile(double share) {
    double[] sorted = Arrays.copyOf(divergence, done);
    Arrays.sort(sorted);
    return sorted[Math.min(done - 1, (int) Math.ceil(share * done) - 1)];
  }

  double sameWhereGapExceeds(double least) {
    long all = IntStream.range(0, done).filter(i -> gap[i] > least).count();
    long equal = IntStream.range(0, done).filter(i -> gap[i] > least && same[i]).count();
    return (double) equal / all;
  }

  /** Relative difference of perplexities: positive if {@code nll} is less sure than the golden likelihoods. */
  private double perplexityError(double[] nll) {
    int windows = done / window;
    double ours = Arrays.stream(nll, 0, done).sum();
    double wanted = 0;
    for (int w = 0; w < windows; w++) wanted += Arrays.stream(golden[w]).sum();
    return Math.expm1((ours - wanted) / (windows * (window - 1.0)));
  }

  private double worstNllError() {
    double worst = 0;
    for (int i = 0; i < done; i++) {
      if (i % window == window - 1) continue;
      worst = Math.max(worst, Math.abs(referenceNll[i] - golden[i / window][i % window]));
    }
    return worst;
  }

  void check() {
    assertAll(
        () -> assertTrue(Math.abs(perplexityError(referenceNll)) <= 1e-4, "reference perplexity: " + this),
        () -> assertTrue(worstNllError() <= 0.05, "a likelihood of the reference: " + this),
        () -> assertTrue(meanDivergence() <= 0.0033, "mean KL: " + this),
        () -> assertTrue(divergenceQuantile(0.99) <= 0.017, "p99 KL: " + this),
        () -> assertTrue(divergenceQuantile(1) <= 0.2, "largest KL: " + this),
        () -> assertTrue(sameWhereGapExceeds(-1) >= 0.96, "same choice: " + this),
        () -> assertTrue(sameWhereGapExceeds(0.1) >= 0.985, "same choice, gap above 0.1: " + this),
        () -> assertTrue(sameWhereGapExceeds(0.5) >= 0.999, "same choice, gap above 0.5: " + this),
        () -> assertTrue(Math.abs(perplexityError(otherNll)) <= 0.005, "perplexity: " + this));
  }

  @Override
  public String toString() {
    return ("%d positions: KL mean %.5f, p99 %.5f, max %.5f; same choice %.4f, gap > 0.1 %.4f, gap > 0.5 %.4f;"
            + " perplexity %+.4f %%, reference %+.5f %%, its worst likelihood off by %.5f")
        .formatted(
            done,
            meanDivergence(),
            divergenceQuantile(0.99),
            divergenceQuantile(1),
            sameWhereGapExceeds(-1),
            sameWhereGapExceeds(0.1),
            sameWhereGapExceeds(0.5),
            100 * perplexityError(otherNll),
            100 * perplexityError(referenceNll),
            worstNllError());
  }
}
