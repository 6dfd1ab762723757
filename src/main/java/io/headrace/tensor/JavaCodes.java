package io.headrace.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * One row of a quantised matrix taken apart: an int8 code per weight, a float scale per 32 and, where the format has them, integer
 * scales and float minima. {@code weight = (scale * integerScale) * code + minimum}, each operation rounded to float32.
 *
 * <p>Block layouts are those of GGUF: little endian, fields unaligned.
 */
final class JavaCodes {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  final byte[] code;
  final float[] scale;
  /** Per 16 weights; all 1 in formats without integer scales. */
  final byte[] integerScale;
  /** Per 32 weights; all 0 in formats without minima. */
  final float[] minimum;

  JavaCodes(int columns) {
    code = new byte[columns];
    scale = new float[columns / 32];
    integerScale = new byte[columns / 16];
    minimum = new float[columns / 32];
  }

  static boolean hasMinimum(QuantFormat format) {
    return switch (format) {
      case Q4_1, Q5_1, Q4_K, Q5_K -> true;
      default -> false;
    };
  }

  static boolean hasIntegerScale(QuantFormat format) {
    return switch (format) {
      case Q4_K, Q5_K, Q6_K -> true;
      default -> false;
    };
  }

  /** Takes the row apart that starts at byte {@code at}. */
  void read(QuantFormat format, MemorySegment data, long at) {
    int blocks = code.length / format.blockWeights();
    for (int b = 0; b < blocks; b++, at += format.blockBytes()) {
      switch (format) {
        case Q4_0 -> thirtyTwo(data, at, b, 2, false, -8, 0);
        case Q4_1 -> thirtyTwo(data, at, b, 4, false, 0, 2);
        case Q5_0 -> thirtyTwo(data, at, b, 6, true, -16, 0);
        case Q5_1 -> thirtyTwo(data, at, b, 8, true, 0, 2);
        case Q8_0 -> {
          scale[b] = half(data, at);
          integerScale[2 * b] = integerScale[2 * b + 1] = 1;
          for (int i = 0; i < 32; i++) code[32 * b + i] = (byte) signed(data, at + 2 + i);
        }
        case Q4_K -> fourFiveK(data, at, b, at + 16, 0);
        case Q5_K -> fourFiveK(data, at, b, at + 48, at + 16);
        case Q6_K -> sixK(data, at, b);
        case F32, F16, BF16 -> throw new KernelFault(format + " has no codes");
      }
    }
  }

  /** {@code nibbles}, {@code minimumAt}: offsets in the block; fifth bits are the four bytes before the nibbles. */
  private void thirtyTwo(
      MemorySegment data, long at, int b, int nibbles, boolean fifth, int zero, int minimumAt) {
    scale[b] = half(data, at);
    if (minimumAt > 0) minimum[b] = half(data, at + minimumAt);
    integerScale[2 * b] = integerScale[2 * b + 1] = 1;
    int fifths = fifth ? data.get(INT, at + nibbles - 4) : 0;
    for (int i = 0; i < 16; i++) {
      int pair = unsigned(data, at + nibbles + i);
      int low = pair & 15 | (fifths >>> i & 1) << 4;
      int high = pair >> 4 | (fifths >>> i + 16 & 1) << 4;
      code[32 * b + i] = (byte) (low + zero);
      code[32 * b + i + 16] = (byte) (high + zero);
    }
  }

  /** {@code fifths}: where the fifth bits start, 0 for none. */
  private void fourFiveK(MemorySegment data, long at, int b, long nibbles, long fifths) {
    float d = half(data, at);
    float dmin = half(data, at + 2);
    for (int sub = 0; sub < 8; sub++) {
      int low = unsigned(data, at + 4 + sub % 4);
      int mid = unsigned(data, at + 8 + sub % 4);
      int top = unsigned(data, at + 12 + sub % 4);
      int sc = sub < 4 ? low & 63 : top & 15 | low >> 6 << 4;
      int m = sub < 4 ? mid & 63 : top >> 4 | mid >> 6 << 4;
      int block = 8 * b + sub;
      scale[block] = d;
      minimum[block] = -(dmin * m);
      integerScale[2 * block] = integerScale[2 * block + 1] = (byte) sc;
      for (int i = 0; i < 32; i++) {
        int q = unsigned(data, nibbles + 32L * (sub / 2) + i) >> 4 * (sub % 2) & 15;
        if (fifths != 0) q |= (unsigned(data, fifths + i) >> sub & 1) << 4;
        code[32 * block + i] = (byte) q;
      }
    }
  }

  private void sixK(MemorySegment data, long at, int b) {
    float d = half(data, at + 208);
    for (int i = 0; i < 16; i++) integerScale[16 * b + i] = (byte) signed(data, at + 192 + i);
    for (int block = 0; block < 8; block++) {
      scale[8 * b + block] = d;
      int upper = block / 4;
      int run = block % 4;
      for (int i = 0; i < 32; i++) {
        int low = unsigned(data, at + 64L * upper + 32L * (run % 2) + i) >> 4 * (run / 2) & 15;
        int high = unsigned(data, at + 128 + 32L * upper + i) >> 2 * run & 3;
        code[32 * (8 * b + block) + i] = (byte) ((low | high << 4) - 32);
      }
    }
  }

  private static float half(MemorySegment data, long at) {
    return Float.float16ToFloat(data.get(SHORT, at));
  }

  private static int unsigned(MemorySegment data, long at) {
    return Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, at));
  }

  private static int signed(MemorySegment data, long at) {
    return data.get(ValueLayout.JAVA_BYTE, at);
  }
}
