package io.headrace.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The arithmetic law written once more, as plain loops over one output at a time, against the Java kernels. Random blocks of every
 * format, so scales may be huge, negative, subnormal or zero.
 */
class ArithmeticLawTest {
  private static final int ROWS = 70; // more than a tile, and not a multiple of it
  private static final int COLUMNS = 512;

  /** Random bytes, with scales kept finite. */
  private static MemorySegment weights(QuantFormat format, Arena arena, long seed) {
    Random random = new Random(seed);
    byte[] bytes = new byte[(int) (ROWS * format.rowBytes(COLUMNS))];
    random.nextBytes(bytes);
    MemorySegment all = arena.allocate(bytes.length, 64);
    MemorySegment.copy(bytes, 0, all, ValueLayout.JAVA_BYTE, 0, bytes.length);
    int blocks = (int) (ROWS * (long) COLUMNS / format.blockWeights());
    for (int b = 0; b < blocks; b++) {
      long at = (long) b * format.blockBytes();
      switch (format) {
        case F32 -> all.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, (float) random.nextGaussian());
        case F16 -> half(all, at, (float) random.nextGaussian());
        case BF16 ->
            all.set(
                ValueLayout.JAVA_SHORT_UNALIGNED,
                at,
                (short) (Float.floatToIntBits((float) random.nextGaussian()) >>> 16));
        case Q6_K -> half(all, at + 208, scale(random));
        case Q4_1, Q5_1, Q4_K, Q5_K -> {
          half(all, at, scale(random));
          half(all, at + 2, scale(random));
        }
        default -> half(all, at, scale(random));
      }
    }
    return all;
  }

  private static float scale(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> 0f;
      case 1 -> 3e-7f;
      case 2 -> -1000f * random.nextFloat();
      default -> (float) random.nextGaussian();
    };
  }

  private static void half(MemorySegment all, long at, float value) {
    all.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value));
  }

  private static float[] activations(long seed) {
    Random random = new Random(seed);
    float[] x = new float[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) x[i] = (float) random.nextGaussian() * (i % 7 == 0 ? 30f : 1f);
    Arrays.fill(x, 64, 96, 0f);
    for (int i = 96; i < 128; i++) x[i] = i % 2 == 0 ? 5f : -5f;
    for (int i = 128; i < 160; i++) x[i] = Float.MIN_VALUE * (i - 140);
    return x;
  }

  @ParameterizedTest
  @EnumSource(QuantFormat.class)
  void productsFollowTheLaw(QuantFormat format) {
    productsFollowTheLaw(format, 127);
  }

  @ParameterizedTest
  @EnumSource(value = QuantFormat.class, mode = EnumSource.Mode.EXCLUDE, names = {"F32", "F16", "BF16"})
  void productsOfTwoPlanesFollowTheLaw(QuantFormat format) {
    productsFollowTheLaw(format, 16256);
  }

  private static void productsFollowTheLaw(QuantFormat format, int levels) {
    float[] x = activations(3);
    try (Arena arena = Arena.ofShared();
        JavaTeam team = new JavaTeam(2)) {
      MemorySegment data = weights(format, arena, format.id());
      JavaMatrix matrix = JavaMatrix.pack(team, format, ROWS, COLUMNS, data);
      float[] actual = new float[ROWS];
      JavaMatmul product = new JavaMatmul();
      QuantisedRows rounded = new QuantisedRows(2, COLUMNS, levels);
      rounded.round(1, x, 0);
      for (int t = 0; t < matrix.tiles(); t++) {
        if (format.quantisesActivations()) product.product(matrix.tile(t), rounded, 1);
        else product.product(matrix.tile(t), x, 0, COLUMNS);
        System.arraycopy(product.out(), 0, actual, t * JavaMatrix.TILE, matrix.tile(t).n());
      }
      float[] expected = new float[ROWS];
      for (int r = 0; r < ROWS; r++) expected[r] = PlainLaw.product(format, data, r, COLUMNS, x, levels);
      assertArrayEquals(expected, actual);
    }
  }

  @ParameterizedTest
  @EnumSource(QuantFormat.class)
  void rowsReadBackAsTheyAreStored(QuantFormat format) {
    try (Arena arena = Arena.ofShared();
        JavaTeam team = new JavaTeam(1)) {
      MemorySegment data = weights(format, arena, 1);
      JavaMatrix matrix = JavaMatrix.pack(team, format, ROWS, COLUMNS, data);
      float[] actual = new float[COLUMNS];
      for (int r = 0; r < ROWS; r++) {
        matrix.copyRow((long) r, actual);
        assertArrayEquals(PlainLaw.weights(format, data, r, COLUMNS), actual, "row " + r);
      }
    }
  }

  @Test
  void activationsAreRoundedToEvenAtTheirOwnScale() {
    float[] x = new float[64];
    for (int i = 0; i < 32; i++) x[i] = i - 16;
    x[0] = -127f; // scale 1: halves are exact
    x[1] = 2.5f;
    x[2] = 3.5f;
    x[3] = -2.5f;
    QuantisedRows rows = new QuantisedRows(1, 64, 127);
    rows.round(0, x, 0);
    assertEquals(1f, rows.d[0]);
    assertArrayEquals(new short[] {-127, 2, 4, -2}, Arrays.copyOf(rows.q, 4));
    int sum = 0;
    for (int i = 0; i < 32; i++) sum += rows.q[i];
    assertEquals(sum, rows.sum[0]);
    assertEquals(0f, rows.d[1], "a block of zeros has scale 0");
    assertEquals(0f, rows.sum[1]);
  }

  @Test
  void sixteenBitsHave128TimesTheLevels() {
    float[] x = new float[32];
    x[0] = -16256f; // scale 1
    x[1] = 129.5f;
    x[2] = 128.5f;
    QuantisedRows rows = new QuantisedRows(1, 32, 16256);
    rows.round(0, x, 0);
    assertEquals(1f, rows.d[0]);
    assertArrayEquals(new short[] {-16256, 130, 128, 0}, Arrays.copyOf(rows.q, 4));
    assertEquals(-16256f + 258f, rows.sum[0]);
  }

  /** Every product as large as it gets: the integer stays an int, and becomes a float once. */
  @Test
  void theLargestDotFitsAnInt() {
    try (Arena arena = Arena.ofShared();
        JavaTeam team = new JavaTeam(1)) {
      MemorySegment data = arena.allocate(QuantFormat.Q6_K.rowBytes(256), 64);
      data.asSlice(192, 16).fill((byte) -128); // codes are -32
      half(data, 208, 1f);
      float[] x = new float[256];
      Arrays.fill(x, 16256f);
      QuantisedRows rows = new QuantisedRows(1, 256, 16256);
      rows.round(0, x, 0);
      JavaMatmul product = new JavaMatmul();
      product.product(JavaMatrix.pack(team, QuantFormat.Q6_K, 1, 256, data).tile(0), rows, 0);
      float expected = 0f;
      for (int b = 0; b < 8; b++) expected += 2_130_706_432f;
      assertEquals(expected, product.out()[0]);
      assertEquals(expected, PlainLaw.product(QuantFormat.Q6_K, data, 0, 256, x, 16256));
    }
  }

  @Test
  void expIsWithinTwoUnitsOfTheLastPlaceAndZeroFarBelow() {
    assertEquals(1f, JavaMath.exp(0f));
    assertEquals(0f, JavaMath.exp(-87.01f));
    assertEquals(0f, JavaMath.exp(Float.NEGATIVE_INFINITY));
    float before = 0f;
    for (float x = -87f; x <= 0f; x += 0.00137f) {
      float e = JavaMath.exp(x);
      double exact = Math.exp((double) x);
      assertTrue(Math.abs(e - exact) <= 2.1 * Math.ulp((float) exact), "exp(" + x + ")");
      assertTrue(e >= before, "exp falls at " + x);
      before = e;
    }
  }

  @Test
  void siluNeverOverflows() {
    for (float x : new float[] {0f, -0f, 1f, -1f, 87f, -87f, 1e30f, -1e30f, Float.MAX_VALUE}) {
      double exact = x / (1 + Math.exp(-(double) x));
      assertEquals(exact, JavaMath.silu(x), Math.abs(exact) * 1e-6 + 1e-30, "silu(" + x + ")");
    }
  }

  @Test
  void theNormSumsInItsFixedTree() {
    float[] x = activations(8);
    for (int n : List.of(16, 32, 48, 576 - 64)) {
      assertEquals(PlainLaw.inverseRms(x, n, 1e-5f), JavaMath.inverseRms(x, 0, n, 1e-5f), "n = " + n);
    }
  }
}
