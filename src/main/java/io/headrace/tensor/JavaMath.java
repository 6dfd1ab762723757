package io.headrace.tensor;

/** The scalar functions of the arithmetic law, bit for bit. */
final class JavaMath {
  private JavaMath() {}

  /** e to the {@code x} for {@code x <= 0}; 0 below -87. Cephes' polynomial for single precision. */
  static float exp(float x) {
    if (x < -87f) return 0f;
    float n = (float) Math.rint(x * 1.44269504f);
    float r = Math.fma(-n, 0.693359375f, x);
    r = Math.fma(-n, -2.12194440e-4f, r);
    float p = 1.9875691500e-4f;
    p = Math.fma(p, r, 1.3981999507e-3f);
    p = Math.fma(p, r, 8.3334519073e-3f);
    p = Math.fma(p, r, 4.1665795894e-2f);
    p = Math.fma(p, r, 1.6666665459e-1f);
    p = Math.fma(p, r, 5.0000001201e-1f);
    float e = Math.fma(p, r * r, r + 1f);
    // n lies in [-126, 0], so 2^n is a normal number and the product is rounded once.
    return e * Float.intBitsToFloat(((int) n + 127) << 23);
  }

  static float silu(float x) {
    float e = exp(-Math.abs(x));
    return x * ((x < 0f ? e : 1f) / (1f + e));
  }

  /** 1 / sqrt(mean of squares + epsilon) of {@code x[at .. at + n)}; {@code n} is a multiple of 16. */
  static float inverseRms(float[] x, int at, int n, float epsilon) {
    float[] lanes = new float[16];
    float[] odd = new float[16];
    for (int i = 0; i < n; i += 16) {
      // Steps of 32: the first 16 go to one accumulator, the second 16 to the other; a tail of 16 to the first.
      float[] target = (i & 16) == 0 ? lanes : odd;
      for (int j = 0; j < 16; j++) target[j] = Math.fma(x[at + i + j], x[at + i + j], target[j]);
    }
    for (int j = 0; j < 16; j++) lanes[j] += odd[j];
    return 1f / (float) Math.sqrt(tree(lanes) / n + epsilon);
  }

  /** The largest of {@code x[at .. at + count)}, a zero as +0; NaN if one of them is no finite number. */
  static float peak(float[] x, int at, int count) {
    float most = x[at];
    float sound = 0f; // NaN from a value on that is no finite number
    for (int i = at; i < at + count; i++) {
      most = Math.max(most, x[i]);
      sound += x[i] * 0f;
    }
    return sound == 0f ? most + 0f : Float.NaN;
  }

  /** Where the first of the largest of {@code x[at .. at + count)} is, from {@code at} on; -1 if one of them is no finite number. */
  static int argmax(float[] x, int at, int count) {
    float peak = peak(x, at, count);
    if (peak != peak) return -1;
    int i = 0;
    while (x[at + i] != peak) i++;
    return i;
  }

  /** A subnormal becomes a zero of its sign. */
  static float flush(float x) {
    return Math.abs(x) < Float.MIN_NORMAL ? x * 0f : x;
  }

  /** Nearest bfloat16, ties to even; a subnormal becomes a zero of its sign, a NaN quiet. */
  static short toBf16(float x) {
    int bits = Float.floatToRawIntBits(flush(x));
    if (Float.isNaN(x)) return (short) (bits >>> 16 | 0x40);
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  static float fromBf16(short x) {
    return Float.intBitsToFloat(x << 16);
  }

  /** {@code x} rounded to bfloat16. */
  static float roundedBf16(float x) {
    return fromBf16(toBf16(x));
  }

  /** {@code a + x1 * y1 + x0 * y0} of the bf16 law: the odd product first, each step rounded and flushed. */
  static float addPair(float a, float x0, float y0, float x1, float y1) {
    return flush(Math.fma(x0, y0, flush(Math.fma(x1, y1, a))));
  }

  /** The fixed tree over 16 lanes; overwrites them. */
  static float tree(float[] v) {
    for (int j = 0; j < 8; j++) v[j] += v[j + 8];
    for (int j = 0; j < 4; j++) v[j] += v[j + 4];
    for (int j = 0; j < 2; j++) v[j] += v[j + 2];
    return v[0] + v[1];
  }
}
