package io.headrace.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The arithmetic law for one output, read straight from stored blocks: no tiles, no shared decoding, no vectors. */
final class PlainLaw {
  private PlainLaw() {}

  private static int u8(MemorySegment data, long at) {
    return data.get(ValueLayout.JAVA_BYTE, at) & 255;
  }

  private static float half(MemorySegment data, long at) {
    return Float.float16ToFloat((short) (u8(data, at) | u8(data, at + 1) << 8));
  }

  /** Start of the block that holds weight {@code k} of a row. */
  private static long block(QuantFormat format, long row, int columns, int k) {
    return row * format.rowBytes(columns) + (long) (k / format.blockWeights()) * format.blockBytes();
  }

  /** The integer of weight {@code k}, zero point removed. */
  static int code(QuantFormat format, MemorySegment data, long row, int columns, int k) {
    long at = block(format, row, columns, k);
    int i = k % format.blockWeights();
    return switch (format) {
      case Q4_0 -> (u8(data, at + 2 + i % 16) >> i / 16 * 4 & 15) - 8;
      case Q4_1 -> u8(data, at + 4 + i % 16) >> i / 16 * 4 & 15;
      case Q5_0 ->
          ((u8(data, at + 6 + i % 16) >> i / 16 * 4 & 15) | (u8(data, at + 2 + i / 8) >> i % 8 & 1) << 4) - 16;
      case Q5_1 ->
          (u8(data, at + 8 + i % 16) >> i / 16 * 4 & 15) | (u8(data, at + 4 + i / 8) >> i % 8 & 1) << 4;
      case Q8_0 -> (byte) u8(data, at + 2 + i);
      case Q4_K -> u8(data, at + 16 + i / 64 * 32 + i % 32) >> i / 32 % 2 * 4 & 15;
      case Q5_K ->
          (u8(data, at + 48 + i / 64 * 32 + i % 32) >> i / 32 % 2 * 4 & 15)
              | (u8(data, at + 16 + i % 32) >> i / 32 & 1) << 4;
      case Q6_K -> {
        int low = u8(data, at + i / 128 * 64 + i % 64) >> i % 128 / 64 * 4 & 15;
        int high = u8(data, at + 128 + i / 128 * 32 + i % 32) >> i % 128 / 32 * 2 & 3;
        yield (low | high << 4) - 32;
      }
      default -> throw new AssertionError(format);
    };
  }

  /** Integer scale and integer minimum of the sub-block of weight {@code k}. */
  private static int[] subBlock(QuantFormat format, MemorySegment data, long at, int i) {
    if (format == QuantFormat.Q6_K) return new int[] {(byte) u8(data, at + 192 + i / 16), 0};
    int j = i / 32;
    long s = at + 4;
    if (j < 4) return new int[] {u8(data, s + j) & 63, u8(data, s + j + 4) & 63};
    return new int[] {
      (u8(data, s + j + 4) & 15) | (u8(data, s + j - 4) >> 6) << 4,
      (u8(data, s + j + 4) >> 4) | (u8(data, s + j) >> 6) << 4
    };
  }

  private static boolean isK(QuantFormat format) {
    return format.blockWeights() == 256;
  }

  /** Scale of the block of weight {@code k}. */
  private static float scale(QuantFormat format, MemorySegment data, long at) {
    return half(data, format == QuantFormat.Q6_K ? at + 208 : at);
  }

  static float product(QuantFormat format, MemorySegment data, long row, int columns, float[] x, int levels) {
    if (!format.quantisesActivations()) return floatProduct(weights(format, data, row, columns), x);
    float out = 0f;
    for (int b = 0; b < columns / 32; b++) {
      float max = 0f;
      for (int i = 0; i < 32; i++) max = Math.max(max, Math.abs(x[32 * b + i]));
      float dx = max / levels;
      float inverse = max > 0f ? Math.min(Float.MAX_VALUE, levels / max) : 0f;
      int dot = 0;
      int sum = 0;
      for (int i = 0; i < 32; i++) {
        int k = 32 * b + i;
        int q = (int) Math.rint((double) (x[k] * inverse));
        int weight = code(format, data, row, columns, k);
        if (isK(format)) {
          weight *= subBlock(format, data, block(format, row, columns, k), k % 256)[0];
        }
        dot += weight * q;
        sum += q;
      }
      long at = block(format, row, columns, 32 * b);
      out = Math.fma((float) dot, scale(format, data, at) * dx, out);
      switch (format) {
        case Q4_1, Q5_1 -> out = Math.fma(half(data, at + 2), dx * sum, out);
        case Q4_K, Q5_K -> {
          int m = subBlock(format, data, at, 32 * b % 256)[1];
          out = Math.fma(-(half(data, at + 2) * m), dx * sum, out);
        }
        default -> {}
      }
    }
    return out;
  }

  private static float floatProduct(float[] weights, float[] x) {
    float[] chain = new float[4];
    for (int k = 0; k < weights.length; k++) chain[k % 4] = Math.fma(weights[k], x[k], chain[k % 4]);
    return (chain[0] + chain[1]) + (chain[2] + chain[3]);
  }

  /** A row dequantised. */
  static float[] weights(QuantFormat format, MemorySegment data, long row, int columns) {
    float[] out = new float[columns];
    for (int k = 0; k < columns; k++) {
      long at = block(format, row, columns, k);
      out[k] =
          switch (format) {
            case F32 -> data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
            case F16 -> half(data, at);
            case BF16 -> Float.intBitsToFloat((u8(data, at) | u8(data, at + 1) << 8) << 16);
            case Q4_1, Q5_1 ->
                half(data, at) * code(format, data, row, columns, k) + half(data, at + 2);
            case Q4_K, Q5_K -> {
              int[] sub = subBlock(format, data, at, k % 256);
              yield half(data, at) * sub[0] * code(format, data, row, columns, k) - half(data, at + 2) * sub[1];
            }
            case Q6_K ->
                half(data, at + 208) * subBlock(format, data, at, k % 256)[0] * code(format, data, row, columns, k);
            default -> half(data, at) * code(format, data, row, columns, k);
          };
    }
    return out;
  }

  static float inverseRms(float[] x, int n, float epsilon) {
    float[][] lanes = new float[2][16];
    for (int k = 0; k < n; k++) {
      lanes[k / 16 % 2][k % 16] = Math.fma(x[k], x[k], lanes[k / 16 % 2][k % 16]);
    }
    float[] v = new float[16];
    for (int j = 0; j < 16; j++) v[j] = lanes[0][j] + lanes[1][j];
    float sum =
        (((v[0] + v[8]) + (v[4] + v[12])) + ((v[2] + v[10]) + (v[6] + v[14])))
            + (((v[1] + v[9]) + (v[5] + v[13])) + ((v[3] + v[11]) + (v[7] + v[15])));
    return 1f / (float) Math.sqrt(sum / n + epsilon);
  }
}
