package io.headrace.tensor;

/** Rows of activations rounded to int8 per 32 inputs: {@code x ~ d * q}, {@code sum = d * sum of q}. */
final class QuantisedRows {
  final int blocks;
  final byte[] q;
  final float[] d;
  final float[] sum;

  QuantisedRows(int rows, int width) {
    blocks = width / 32;
    q = new byte[Math.multiplyExact(rows, width)];
    d = new float[rows * blocks];
    sum = new float[rows * blocks];
  }

  /** Rounds {@code x[at ..]} into row {@code row}. */
  void round(int row, float[] x, int at) {
    for (int b = 0; b < blocks; b++) {
      int from = at + 32 * b;
      float max = 0f;
      for (int i = 0; i < 32; i++) max = Math.max(max, Math.abs(x[from + i]));
      float scale = max / 127f;
      float inverse = max > 0f ? Math.min(127f / max, Float.MAX_VALUE) : 0f;
      int block = row * blocks + b;
      int total = 0;
      for (int i = 0; i < 32; i++) {
        int value = (int) Math.rint(x[from + i] * inverse);
        q[32 * block + i] = (byte) value;
        total += value;
      }
      d[block] = scale;
      sum[block] = scale * total;
    }
  }
}
