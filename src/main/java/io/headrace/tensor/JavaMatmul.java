package io.headrace.tensor;

import io.headrace.tensor.JavaMatrix.Tile;
import java.util.Arrays;
import java.util.Objects;

/**
 * Matrix products of the arithmetic law over {@link JavaMatrix} tiles.
 *
 * <p>One instance per unit of work: it holds scratch for one tile.
 */
final class JavaMatmul {
  private final float[] out = new float[JavaMatrix.TILE];
  private final float[][] chains = new float[4][JavaMatrix.TILE];
  private int[] pairs = {};

  /** Outputs of the last product, the first {@code tile.n()} elements. */
  float[] out() {
    return out;
  }

  /** Product of a quantised tile with row {@code row} of {@code x}. */
  void product(Tile tile, QuantisedRows x, int row) {
    int blocks = x.blocks;
    short[] codes = Objects.requireNonNull(tile.codes());
    float[] scales = Objects.requireNonNull(tile.scales());
    byte[] integers = tile.integerScales();
    float[] minima = tile.minima();
    if (pairs.length != 16 * blocks) pairs = new int[16 * blocks];
    int activations = row * blocks;
    for (int j = 0; j < tile.n(); j++) {
      pairs(pairs, codes, 32 * blocks * j, x.q, 32 * activations);
      float f = 0f;
      for (int b = 0; b < blocks; b++) {
        int block = j * blocks + b;
        int low = sumOfEight(pairs, 16 * b);
        int high = sumOfEight(pairs, 16 * b + 8);
        int dot =
            integers == null
                ? low + high
                : integers[2 * block] * low + integers[2 * block + 1] * high;
        f = Math.fma((float) dot, scales[block] * x.d[activations + b], f);
        if (minima != null) f = Math.fma(minima[block], x.sum[activations + b], f);
      }
      out[j] = f;
    }
  }

  /** Sums of products of two neighbours, in the one form that the JIT turns into a vector instruction. */
  private static void pairs(int[] sums, short[] codes, int at, short[] q, int from) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] =
          codes[at + 2 * i] * q[from + 2 * i] + codes[at + 2 * i + 1] * q[from + 2 * i + 1];
    }
  }

  private static int sumOfEight(int[] v, int at) {
    return ((v[at] + v[at + 1]) + (v[at + 2] + v[at + 3]))
        + ((v[at + 4] + v[at + 5]) + (v[at + 6] + v[at + 7]));
  }

  /** Product of a float tile with {@code x[from .. from + columns)}: chain c takes inputs k with k mod 4 = c. */
  void product(Tile tile, float[] x, int from, int columns) {
    int n = tile.n();
    float[] weights = Objects.requireNonNull(tile.weights());
    for (int c = 0; c < 4; c++) {
      float[] chain = chains[c];
      Arrays.fill(chain, 0, n, 0f);
      for (int k = c; k < columns; k += 4) {
        float xk = x[from + k];
        int at = k * n;
        for (int j = 0; j < n; j++) chain[j] = Math.fma(weights[at + j], xk, chain[j]);
      }
    }
    for (int j = 0; j < n; j++) out[j] = (chains[0][j] + chains[1][j]) + (chains[2][j] + chains[3][j]);
  }
}
