package io.headrace.tensor;

/**
 * Rows of activations rounded per 32 inputs to 127 or 127 * 128 levels of either sign: {@code x ~ d * q}, {@code sum = d * sum of q}.
 * What native kernels hold as two planes of bytes is one short here; dots are the same integers.
 */
final class QuantisedRows {
  final int blocks;
  private final int levels;
  /** Held in shorts: the JIT knows a vector instruction for pairs of products of shorts. */
  final short[] q;
  final float[] d;
  final float[] sum;

  QuantisedRows(int rows, int width, int levels) {
    this.levels = levels;
    blocks = width / 32;
    q = new short[Math.multiplyExact(rows, width)];
    d = new float[rows * blocks];
    sum = new float[rows * blocks];
  }

  /** Rounds {@code x[at ..]} into row {@code row}. */
  void round(int row, float[] x, int at) {
    for (int b = 0; b < blocks; b++) {
      int from = at + 32 * b;
      float max = 0f;
      for (int i = 0; i < 32; i++) max = Math.max(max, Math.abs(x[from + i]));
      float scale = max / levels;
      float inverse = max > 0f ? Math.min(levels / max, Float.MAX_VALUE) : 0f;
      int block = row * blocks + b;
      int total = 0;
      for (int i = 0; i < 32; i++) {
        int value = (int) Math.rint(x[from + i] * inverse);
        q[32 * block + i] = (short) value;
        total += value;
      }
      d[block] = scale;
      sum[block] = scale * total;
    }
  }
}
