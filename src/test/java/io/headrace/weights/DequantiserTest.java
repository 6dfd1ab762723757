package io.headrace.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.headrace.tensor.QuantFormat;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Blocks are written field by field from codes that the test chose, with scales that make every
 * product exact, so the expected weights are the formulas of the formats and nothing is rounded.
 */
class DequantiserTest {
  private static final float SCALE = 0.25f;
  private static final float MINIMUM = -3f;

  private static ByteBuffer block(QuantFormat format) {
    return ByteBuffer.allocate(format.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static short half(float value) {
    return Float.floatToFloat16(value);
  }

  private static void assertDecodes(
      QuantFormat format, ByteBuffer block, IntToDoubleFunction expected) {
    int weights = format.blockWeights();
    float[] out = new float[weights];
    Dequantiser.row(format, MemorySegment.ofArray(block.array()), 0, weights, out);
    for (int i = 0; i < weights; i++) {
      assertEquals((float) expected.applyAsDouble(i), out[i], format + " weight " + i);
    }
  }

  /** Code of weight i: takes every value below {@code codes}, in an order that mixes the block. */
  private static int code(int i, int codes) {
    return (i * 7 + i / 32 * 5 + 3) % codes;
  }

  /** 16 bytes: weight j in the low nibble of byte j, weight j + 16 in the high one. */
  private static void putNibbles(ByteBuffer block, int codes) {
    for (int j = 0; j < 16; j++) {
      block.put((byte) (code(j, codes) & 15 | (code(j + 16, codes) & 15) << 4));
    }
  }

  private static void putFifthBits(ByteBuffer block) {
    int bits = 0;
    for (int i = 0; i < 32; i++) bits |= (code(i, 32) >> 4) << i;
    block.putInt(bits);
  }

  @Test
  void fourBitCodesAreCentredAtEight() {
    ByteBuffer block = block(QuantFormat.Q4_0).putShort(half(SCALE));
    putNibbles(block, 16);
    assertDecodes(QuantFormat.Q4_0, block, i -> SCALE * (code(i, 16) - 8));
  }

  @Test
  void fourBitCodesWithAMinimumStartThere() {
    ByteBuffer block = block(QuantFormat.Q4_1).putShort(half(SCALE)).putShort(half(MINIMUM));
    putNibbles(block, 16);
    assertDecodes(QuantFormat.Q4_1, block, i -> SCALE * code(i, 16) + MINIMUM);
  }

  @Test
  void fiveBitCodesAreCentredAtSixteen() {
    ByteBuffer block = block(QuantFormat.Q5_0).putShort(half(-SCALE));
    putFifthBits(block);
    putNibbles(block, 32);
    assertDecodes(QuantFormat.Q5_0, block, i -> -SCALE * (code(i, 32) - 16));
  }

  @Test
  void fiveBitCodesWithAMinimumStartThere() {
    ByteBuffer block = block(QuantFormat.Q5_1).putShort(half(SCALE)).putShort(half(MINIMUM));
    putFifthBits(block);
    putNibbles(block, 32);
    assertDecodes(QuantFormat.Q5_1, block, i -> SCALE * code(i, 32) + MINIMUM);
  }

  @Test
  void eightBitCodesAreSigned() {
    ByteBuffer block = block(QuantFormat.Q8_0).putShort(half(SCALE));
    for (int i = 0; i < 32; i++) block.put((byte) (i * 8 - 128));
    assertDecodes(QuantFormat.Q8_0, block, i -> SCALE * (i * 8 - 128));
  }

  /**
   * Scales and minima of sub-blocks: all six bits are used, on both sides of the split between
   * sub-blocks 3 and 4.
   */
  private static final int[] SUB_SCALES = {63, 1, 32, 21, 42, 17, 62, 9};

  private static final int[] SUB_MINIMA = {2, 61, 16, 40, 33, 7, 48, 63};

  /**
   * Twelve bytes: bits 0-5 of sub-blocks 0-3 apart, sub-blocks 4-7 with four bits in the last
   * bytes, two on top of the first.
   */
  private static void putPairs(ByteBuffer block) {
    for (int j = 0; j < 4; j++) block.put((byte) (SUB_SCALES[j] | SUB_SCALES[j + 4] >> 4 << 6));
    for (int j = 0; j < 4; j++) block.put((byte) (SUB_MINIMA[j] | SUB_MINIMA[j + 4] >> 4 << 6));
    for (int j = 4; j < 8; j++) block.put((byte) (SUB_SCALES[j] & 15 | (SUB_MINIMA[j] & 15) << 4));
  }

  /**
   * 128 bytes: weights 64 c + l in the low nibble of byte 32 c + l, weights 64 c + 32 + l in the
   * high one.
   */
  private static void putSuperNibbles(ByteBuffer block, int codes) {
    for (int c = 0; c < 4; c++) {
      for (int l = 0; l < 32; l++) {
        int low = code(64 * c + l, codes) & 15;
        int high = code(64 * c + 32 + l, codes) & 15;
        block.put((byte) (low | high << 4));
      }
    }
  }

  private static double expectedOfSuperBlock(int i, int codes) {
    return 0.5 * SUB_SCALES[i / 32] * code(i, codes) - 0.125 * SUB_MINIMA[i / 32];
  }

  @Test
  void superBlocksOfFourBitsHaveSixBitScalesAndMinima() {
    ByteBuffer block = block(QuantFormat.Q4_K).putShort(half(0.5f)).putShort(half(0.125f));
    putPairs(block);
    putSuperNibbles(block, 16);
    assertDecodes(QuantFormat.Q4_K, block, i -> expectedOfSuperBlock(i, 16));
  }

  @Test
  void superBlocksOfFiveBitsKeepTheFifthBitOfEverySubBlockInOneByte() {
    ByteBuffer block = block(QuantFormat.Q5_K).putShort(half(0.5f)).putShort(half(0.125f));
    putPairs(block);
    for (int l = 0; l < 32; l++) {
      int bits = 0;
      for (int sub = 0; sub < 8; sub++) bits |= (code(32 * sub + l, 32) >> 4) << sub;
      block.put((byte) bits);
    }
    putSuperNibbles(block, 32);
    assertDecodes(QuantFormat.Q5_K, block, i -> expectedOfSuperBlock(i, 32));
  }

  @Test
  void superBlocksOfSixBitsHaveSignedScalesOfSixteenWeights() {
    ByteBuffer block = block(QuantFormat.Q6_K);
    int[] scales = {-128, 127, 1, -1, 5, -7, 100, 64, 3, -90, 33, 8, -16, 2, 77, -50};
    for (int halfBlock = 0; halfBlock < 2; halfBlock++) {
      for (int j = 0; j < 64; j++) {
        int low = code(128 * halfBlock + j, 64) & 15;
        int high = code(128 * halfBlock + j + 64, 64) & 15;
        block.put((byte) (low | high << 4));
      }
    }
    for (int halfBlock = 0; halfBlock < 2; halfBlock++) {
      for (int l = 0; l < 32; l++) {
        int pairs = 0;
        for (int run = 0; run < 4; run++) {
          pairs |= (code(128 * halfBlock + 32 * run + l, 64) >> 4) << 2 * run;
        }
        block.put((byte) pairs);
      }
    }
    for (int scale : scales) block.put((byte) scale);
    block.putShort(half(0.5f));
    assertDecodes(QuantFormat.Q6_K, block, i -> 0.5 * scales[i / 16] * (code(i, 64) - 32));
  }

  @Test
  void floatsAreWidenedExactly() {
    ByteBuffer single = block(QuantFormat.F32).putFloat(-0.1f);
    assertDecodes(QuantFormat.F32, single, i -> -0.1f);
    assertDecodes(QuantFormat.F16, block(QuantFormat.F16).putShort((short) 1), i -> 0x1p-24);
    assertDecodes(QuantFormat.F16, block(QuantFormat.F16).putShort((short) 0xC500), i -> -5);
    assertDecodes(QuantFormat.BF16, block(QuantFormat.BF16).putShort((short) 0xBF80), i -> -1);
    assertDecodes(
        QuantFormat.BF16,
        block(QuantFormat.BF16).putShort((short) 0x7F80),
        i -> Double.POSITIVE_INFINITY);
  }

  @Test
  void aSubnormalScaleIsAScaleAndANanScaleSpoilsItsBlockOnly() {
    ByteBuffer tiny = block(QuantFormat.Q8_0).putShort((short) 3).put((byte) -2);
    assertDecodes(QuantFormat.Q8_0, tiny, i -> i == 0 ? -6 * 0x1p-24 : 0);
    byte[] two = new byte[2 * 34];
    two[0] = 1;
    two[1] = 0x7E;
    float[] out = new float[64];
    Dequantiser.row(QuantFormat.Q8_0, MemorySegment.ofArray(two), 0, 64, out);
    assertEquals(Float.NaN, out[31]);
    assertEquals(0f, out[32]);
  }

  @ParameterizedTest
  @EnumSource
  void rowsOfAMatrixAreItsRowsAlone(QuantFormat format) {
    int columns = 2 * format.blockWeights();
    byte[] data = new byte[(int) (3 * format.rowBytes(columns))];
    new Random(11).nextBytes(data);
    MemorySegment segment = MemorySegment.ofArray(data);
    float[] all = Dequantiser.matrix(format, segment, 3, columns);
    float[] row = new float[columns];
    for (int r = 0; r < 3; r++) {
      Dequantiser.row(format, segment, r, columns, row);
      assertArrayEquals(Arrays.copyOfRange(all, r * columns, (r + 1) * columns), row);
    }
    assertThrows(
        IndexOutOfBoundsException.class, () -> Dequantiser.row(format, segment, 3, columns, row));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> Dequantiser.row(format, segment, 0, columns, new float[columns - 1]));
  }

  @Test
  void aRowMustBeWholeBlocks() {
    MemorySegment data = MemorySegment.ofArray(new byte[100]);
    assertThrows(
        IllegalArgumentException.class,
        () -> Dequantiser.row(QuantFormat.Q4_0, data, 0, 33, new float[64]));
  }
}
