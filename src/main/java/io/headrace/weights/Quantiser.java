package io.headrace.weights;

import io.headrace.tensor.QuantFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Rounds float32 rows to stored blocks, for matrices that may be rounded: those of drafters. What {@link Dequantiser} makes of the blocks
 * differs from the values by at most half a step of their block, and by what binary16 takes off its scale and minimum.
 *
 * <p>Thread: any; stateless.
 *
 * @see Dequantiser the formats
 */
public final class Quantiser {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int BLOCK = 32;

  private Quantiser() {}

  /**
   * Writes one row.
   *
   * @param format F32, Q8_0 or Q4_1
   * @param values finite, a whole number of blocks
   * @param to receives {@code format.rowBytes(values.length)} bytes from byte {@code at} on
   * @throws IllegalArgumentException for another format, or a row that ends within a block
   */
  public static void row(QuantFormat format, float[] values, MemorySegment to, long at) {
    long bytes = format.rowBytes(values.length);
    Objects.checkFromIndexSize(at, bytes, to.byteSize());
    if (format == QuantFormat.F32) {
      MemorySegment.copy(values, 0, to, FLOAT, at, values.length);
      return;
    }
    for (int i = 0; i < values.length; i += BLOCK, at += format.blockBytes()) {
      switch (format) {
        case Q8_0 -> bytes(values, i, to, at);
        case Q4_1 -> nibbles(values, i, to, at);
        default -> throw new IllegalArgumentException("nothing is rounded to " + format);
      }
    }
  }

  /** Scale: the largest magnitude by 127. */
  private static void bytes(float[] values, int from, MemorySegment to, long at) {
    float largest = 0;
    for (int i = from; i < from + BLOCK; i++) largest = Math.max(largest, Math.abs(values[i]));
    float inverse = half(to, at, largest / 127);
    for (int i = 0; i < BLOCK; i++) {
      int code = Math.clamp(Math.round(values[from + i] * inverse), -127, 127);
      to.set(ValueLayout.JAVA_BYTE, at + 2 + i, (byte) code);
    }
  }

  /** Minimum: the smallest value; scale: a fifteenth of the way to the largest. */
  private static void nibbles(float[] values, int from, MemorySegment to, long at) {
    float smallest = values[from];
    float largest = values[from];
    for (int i = from + 1; i < from + BLOCK; i++) {
      smallest = Math.min(smallest, values[i]);
      largest = Math.max(largest, values[i]);
    }
    float inverse = half(to, at, (largest - smallest) / 15);
    half(to, at + 2, smallest);
    float minimum = Float.float16ToFloat(to.get(SHORT, at + 2));
    for (int i = 0; i < BLOCK / 2; i++) {
      int low = Math.clamp(Math.round((values[from + i] - minimum) * inverse), 0, 15);
      int high = Math.clamp(Math.round((values[from + i + BLOCK / 2] - minimum) * inverse), 0, 15);
      to.set(ValueLayout.JAVA_BYTE, at + 4 + i, (byte) (low | high << 4));
    }
  }

  /** Stores a field; one over what was stored, 0 for 0. */
  private static float half(MemorySegment to, long at, float value) {
    short stored = Float.floatToFloat16(value);
    to.set(SHORT, at, stored);
    float kept = Float.float16ToFloat(stored);
    return kept == 0 ? 0 : 1 / kept;
  }
}
