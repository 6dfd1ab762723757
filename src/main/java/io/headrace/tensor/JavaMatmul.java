package io.headrace.tensor;

import io.headrace.tensor.JavaMatrix.Tile;
import java.util.Objects;

/**
 * Matrix products of the arithmetic law over {@link JavaMatrix} tiles. Every inner loop runs over the outputs of a tile.
 *
 * <p>One instance per unit of work: it holds scratch for one tile.
 */
final class JavaMatmul {
  private final float[] out = new float[JavaMatrix.TILE];
  private final int[] dot = new int[JavaMatrix.TILE];
  private final int[] half = new int[JavaMatrix.TILE];
  private final float[][] chains = new float[4][];

  /** Outputs of the last product, the first {@code tile.n()} elements. */
  float[] out() {
    return out;
  }

  /** Product of a quantised tile with row {@code row} of {@code x}. */
  void product(Tile tile, QuantisedRows x, int row) {
    int n = tile.n();
    byte[] codes = Objects.requireNonNull(tile.codes());
    float[] scales = Objects.requireNonNull(tile.scales());
    byte[] integers = tile.integerScales();
    float[] minima = tile.minima();
    java.util.Arrays.fill(out, 0, n, 0f);
    for (int b = 0; b < x.blocks; b++) {
      int block = row * x.blocks + b;
      if (integers == null) {
        java.util.Arrays.fill(dot, 0, n, 0);
        dot(dot, codes, 32 * b * n, n, x.q, 32 * block, 32);
      } else {
        scaledDots(codes, integers, b, n, x.q, 32 * block);
      }
      float dx = x.d[block];
      int at = b * n;
      if (minima == null) {
        for (int j = 0; j < n; j++) out[j] = Math.fma((float) dot[j], scales[at + j] * dx, out[j]);
      } else {
        float sum = x.sum[block];
        for (int j = 0; j < n; j++) {
          float f = Math.fma((float) dot[j], scales[at + j] * dx, out[j]);
          out[j] = Math.fma(minima[at + j], sum, f);
        }
      }
    }
  }

  /** dot = the two halves of 16 inputs, each times its integer scale. */
  private void scaledDots(byte[] codes, byte[] integers, int b, int n, byte[] q, int from) {
    java.util.Arrays.fill(dot, 0, n, 0);
    for (int h = 0; h < 2; h++) {
      java.util.Arrays.fill(half, 0, n, 0);
      dot(half, codes, (32 * b + 16 * h) * n, n, q, from + 16 * h, 16);
      int at = (2 * b + h) * n;
      for (int j = 0; j < n; j++) dot[j] += half[j] * integers[at + j];
    }
  }

  /** Adds {@code inputs} products to every sum; four inputs at a time so that sums are loaded and stored less often. */
  private static void dot(int[] sums, byte[] codes, int at, int n, byte[] q, int from, int inputs) {
    for (int k = 0; k < inputs; k += 4) {
      int x0 = q[from + k];
      int x1 = q[from + k + 1];
      int x2 = q[from + k + 2];
      int x3 = q[from + k + 3];
      int c = at + k * n;
      for (int j = 0; j < n; j++) {
        sums[j] +=
            codes[c + j] * x0 + codes[c + n + j] * x1 + codes[c + 2 * n + j] * x2 + codes[c + 3 * n + j] * x3;
      }
    }
  }

  /** Product of a float tile with {@code x[from .. from + columns)}: chain c takes inputs k with k mod 4 = c. */
  void product(Tile tile, float[] x, int from, int columns) {
    int n = tile.n();
    float[] weights = Objects.requireNonNull(tile.weights());
    for (int c = 0; c < 4; c++) {
      if (chains[c] == null) chains[c] = new float[JavaMatrix.TILE];
      float[] chain = chains[c];
      java.util.Arrays.fill(chain, 0, n, 0f);
      for (int k = c; k < columns; k += 4) {
        float xk = x[from + k];
        int at = k * n;
        for (int j = 0; j < n; j++) chain[j] = Math.fma(weights[at + j], xk, chain[j]);
      }
    }
    for (int j = 0; j < n; j++) out[j] = (chains[0][j] + chains[1][j]) + (chains[2][j] + chains[3][j]);
  }
}
