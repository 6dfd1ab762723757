package io.headrace.weights;

import static java.lang.Math.multiplyExact;

import io.headrace.tensor.QuantFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * The meaning of every weight format, written for reading rather than for speed: stored blocks in,
 * float32 out. Kernels and packed layouts are judged by it.
 *
 * <p>Terms. Blocks follow one another along a row (the input dimension); all fields are little
 * endian and unaligned; scales are binary16 and are widened before use. A <i>nibble</i> is half a
 * byte, the low one first. Each value is computed in float32 with one rounding per operation, in
 * the order the formulas stand in.
 *
 * <p>Zero scales, subnormal scales and NaN scales need no special case: they multiply like any
 * other number.
 *
 * <p>Thread: any; stateless.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">GGUF, the file format
 *     whose types these are</a>
 */
public final class Dequantiser {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Dequantiser() {}

  /**
   * Decodes one row.
   *
   * @param data the whole matrix, row-major, as in the file
   * @param row from 0
   * @param columns weights of a row: a whole number of blocks
   * @param out receives {@code columns} values at its start; may be longer
   * @throws IllegalArgumentException unless {@code columns} is a whole number of blocks
   * @throws IndexOutOfBoundsException if {@code data} has no such row or {@code out} is too short
   */
  public static void row(
      QuantFormat format, MemorySegment data, long row, long columns, float[] out) {
    decodeRow(format, data, row, columns, out, 0);
  }

  /**
   * Decodes {@code rows} rows one after another.
   *
   * @return {@code rows * columns} values, row-major
   * @throws IllegalArgumentException unless {@code columns} is a whole number of blocks
   * @throws ArithmeticException if the result would not fit an array
   * @throws IndexOutOfBoundsException if {@code data} is too short
   */
  public static float[] matrix(QuantFormat format, MemorySegment data, long rows, long columns) {
    Objects.checkFromIndexSize(0, multiplyExact(rows, format.rowBytes(columns)), data.byteSize());
    float[] out = new float[Math.toIntExact(multiplyExact(rows, columns))];
    for (long row = 0; row < rows; row++) {
      decodeRow(format, data, row, columns, out, Math.toIntExact(row * columns));
    }
    return out;
  }

  private static void decodeRow(
      QuantFormat format, MemorySegment data, long row, long columns, float[] out, int at) {
    long rowBytes = format.rowBytes(columns);
    long start = multiplyExact(row, rowBytes);
    Objects.checkFromIndexSize(start, rowBytes, data.byteSize());
    Objects.checkFromIndexSize((long) at, columns, (long) out.length);
    int step = format.blockWeights();
    for (long block = start; block < start + rowBytes; block += format.blockBytes(), at += step) {
      switch (format) {
        case F32 -> out[at] = data.get(FLOAT, block);
        case F16 -> out[at] = half(data, block);
        case BF16 -> out[at] = Float.intBitsToFloat(data.get(SHORT, block) << 16);
        case Q4_0 -> q4WithOffset(data, block, out, at);
        case Q4_1 -> q4WithMinimum(data, block, out, at);
        case Q5_0 -> q5WithOffset(data, block, out, at);
        case Q5_1 -> q5WithMinimum(data, block, out, at);
        case Q8_0 -> q8(data, block, out, at);
        case Q4_K -> q4k(data, block, out, at);
        case Q5_K -> q5k(data, block, out, at);
        case Q6_K -> q6k(data, block, out, at);
      }
    }
  }

  /** Scale, 16 bytes. Byte j holds weight j (low) and j + 16 (high); w = scale * (code - 8). */
  private static void q4WithOffset(MemorySegment data, long block, float[] out, int at) {
    float scale = half(data, block);
    for (int j = 0; j < 16; j++) {
      int pair = unsigned(data, block + 2 + j);
      out[at + j] = scale * ((pair & 15) - 8);
      out[at + j + 16] = scale * ((pair >> 4) - 8);
    }
  }

  /** Scale, minimum, 16 bytes as in Q4_0; w = scale * code + minimum. */
  private static void q4WithMinimum(MemorySegment data, long block, float[] out, int at) {
    float scale = half(data, block);
    float minimum = half(data, block + 2);
    for (int j = 0; j < 16; j++) {
      int pair = unsigned(data, block + 4 + j);
      out[at + j] = scale * (pair & 15) + minimum;
      out[at + j + 16] = scale * (pair >> 4) + minimum;
    }
  }

  /**
   * Scale, 32 fifth bits (bit i belongs to weight i), 16 bytes as in Q4_0; w = scale * (code - 16).
   */
  private static void q5WithOffset(MemorySegment data, long block, float[] out, int at) {
    float scale = half(data, block);
    int fifths = data.get(INT, block + 2);
    for (int j = 0; j < 16; j++) {
      int pair = unsigned(data, block + 6 + j);
      out[at + j] = scale * ((pair & 15 | fifth(fifths, j)) - 16);
      out[at + j + 16] = scale * ((pair >> 4 | fifth(fifths, j + 16)) - 16);
    }
  }

  /** Scale, minimum, fifth bits and bytes as in Q5_0; w = scale * code + minimum. */
  private static void q5WithMinimum(MemorySegment data, long block, float[] out, int at) {
    float scale = half(data, block);
    float minimum = half(data, block + 2);
    int fifths = data.get(INT, block + 4);
    for (int j = 0; j < 16; j++) {
      int pair = unsigned(data, block + 8 + j);
      out[at + j] = scale * (pair & 15 | fifth(fifths, j)) + minimum;
      out[at + j + 16] = scale * (pair >> 4 | fifth(fifths, j + 16)) + minimum;
    }
  }

  /** Scale, 32 signed bytes; w = scale * code. */
  private static void q8(MemorySegment data, long block, float[] out, int at) {
    float scale = half(data, block);
    for (int j = 0; j < 32; j++)
      out[at + j] = scale * data.get(ValueLayout.JAVA_BYTE, block + 2 + j);
  }

  /**
   * Scale, scale of minima, 12 bytes with eight 6-bit pairs (scale, minimum), 128 bytes of nibbles.
   * The nibbles of 32 bytes are two sub-blocks of 32: all low ones, then all high ones. w = (scale
   * * s) * code - minScale * m.
   */
  private static void q4k(MemorySegment data, long block, float[] out, int at) {
    float scale = half(data, block);
    float minScale = half(data, block + 2);
    for (int sub = 0; sub < 8; sub++) {
      float s = scale * subScale(data, block + 4, sub);
      float m = minScale * subMinimum(data, block + 4, sub);
      long nibbles = block + 16 + 32 * (sub / 2);
      for (int lane = 0; lane < 32; lane++) {
        int code = unsigned(data, nibbles + lane) >> 4 * (sub % 2) & 15;
        out[at + 32 * sub + lane] = s * code - m;
      }
    }
  }

  /**
   * As Q4_K, with 32 bytes before the nibbles: bit {@code sub} of byte {@code lane} is the fifth
   * bit of that weight.
   */
  private static void q5k(MemorySegment data, long block, float[] out, int at) {
    float scale = half(data, block);
    float minScale = half(data, block + 2);
    for (int sub = 0; sub < 8; sub++) {
      float s = scale * subScale(data, block + 4, sub);
      float m = minScale * subMinimum(data, block + 4, sub);
      long nibbles = block + 48 + 32 * (sub / 2);
      for (int lane = 0; lane < 32; lane++) {
        int code = unsigned(data, nibbles + lane) >> 4 * (sub % 2) & 15;
        int fifth = (unsigned(data, block + 16 + lane) >> sub & 1) << 4;
        out[at + 32 * sub + lane] = s * (code | fifth) - m;
      }
    }
  }

  /**
   * 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed scales (one per 16 weights),
   * scale. Two halves of 128 weights, each in four runs of 32: runs 0 and 1 are the low nibbles of
   * 64 bytes, runs 2 and 3 the high ones; run r has bits 2r and 2r + 1 of the upper bytes. w =
   * (scale * s) * (code - 32).
   */
  private static void q6k(MemorySegment data, long block, float[] out, int at) {
    float scale = half(data, block + 208);
    for (int half = 0; half < 2; half++) {
      for (int run = 0; run < 4; run++) {
        for (int lane = 0; lane < 32; lane++) {
          int low = unsigned(data, block + 64 * half + 32 * (run % 2) + lane) >> 4 * (run / 2) & 15;
          int high = unsigned(data, block + 128 + 32 * half + lane) >> 2 * run & 3;
          int s = data.get(ValueLayout.JAVA_BYTE, block + 192 + 8 * half + 2 * run + lane / 16);
          out[at + 128 * half + 32 * run + lane] = scale * s * ((low | high << 4) - 32);
        }
      }
    }
  }

  /**
   * Sub-blocks 0 to 3 keep six bits in bytes 0 to 3; 4 to 7 keep four in bytes 8 to 11 and two on
   * top of bytes 0 to 3.
   */
  private static int subScale(MemorySegment data, long pairs, int sub) {
    return sub < 4
        ? unsigned(data, pairs + sub) & 63
        : unsigned(data, pairs + sub + 4) & 15 | unsigned(data, pairs + sub - 4) >> 6 << 4;
  }

  /** As {@link #subScale}, from bytes 4 to 7 and the upper nibbles of bytes 8 to 11. */
  private static int subMinimum(MemorySegment data, long pairs, int sub) {
    return sub < 4
        ? unsigned(data, pairs + sub + 4) & 63
        : unsigned(data, pairs + sub + 4) >> 4 | unsigned(data, pairs + sub) >> 6 << 4;
  }

  private static int fifth(int fifths, int weight) {
    return (fifths >>> weight & 1) << 4;
  }

  private static float half(MemorySegment data, long at) {
    return Float.float16ToFloat(data.get(SHORT, at));
  }

  private static int unsigned(MemorySegment data, long at) {
    return Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, at));
  }
}
