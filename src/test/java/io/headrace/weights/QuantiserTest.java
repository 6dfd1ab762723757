package io.headrace.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.headrace.tensor.QuantFormat;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is rounded reads back as near as its format can say it. */
class QuantiserTest {
  private static final int COLUMNS = 96;

  private static float[] there(QuantFormat format, float[] values) {
    MemorySegment stored = MemorySegment.ofArray(new byte[(int) format.rowBytes(values.length)]);
    Quantiser.row(format, values, stored, 0);
    float[] back = new float[values.length];
    Dequantiser.row(format, stored, 0, values.length, back);
    return back;
  }

  private static float[] random(long seed, double spread, double shift) {
    Random random = new Random(seed);
    float[] values = new float[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) values[i] = (float) (random.nextGaussian() * spread + shift);
    return values;
  }

  private static double step(QuantFormat format, float[] values, int block) {
    float smallest = Float.POSITIVE_INFINITY;
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 32 * block; i < 32 * block + 32; i++) {
      smallest = Math.min(smallest, values[i]);
      largest = Math.max(largest, values[i]);
    }
    float magnitude = Math.max(Math.abs(smallest), Math.abs(largest));
    return format == QuantFormat.Q8_0 ? magnitude / 127 : (largest - smallest) / 15 + magnitude * 0x1p-10;
  }

  @ParameterizedTest
  @EnumSource(names = {"Q8_0", "Q4_1"})
  void aValueReadsBackWithinHalfAStep(QuantFormat format) {
    for (int seed = 0; seed < 50; seed++) {
      float[] values = random(seed, Math.pow(10, seed % 5 - 3), seed % 3);
      float[] back = there(format, values);
      for (int i = 0; i < COLUMNS; i++) {
        assertEquals(values[i], back[i], 0.56 * step(format, values, i / 32), format + " seed " + seed + " value " + i);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"Q8_0", "Q4_1", "F32"})
  void whatWasRoundedOnceIsNotRoundedAgain(QuantFormat format) {
    float[] once = there(format, random(7, 0.3, 0));
    float[] twice = there(format, once);
    for (int i = 0; i < COLUMNS; i++) assertEquals(once[i], twice[i], 2e-3 * step(QuantFormat.Q8_0, once, i / 32) * 127, "value " + i);
  }

  @ParameterizedTest
  @EnumSource(names = {"Q8_0", "Q4_1", "F32"})
  void zerosStayZeros(QuantFormat format) {
    assertArrayEquals(new float[COLUMNS], there(format, new float[COLUMNS]));
  }

  @Test
  void whatHasNoRoundingIsRefused() {
    MemorySegment room = MemorySegment.ofArray(new byte[4096]);
    assertThrows(IllegalArgumentException.class, () -> Quantiser.row(QuantFormat.Q6_K, new float[256], room, 0));
    assertThrows(IllegalArgumentException.class, () -> Quantiser.row(QuantFormat.Q8_0, new float[40], room, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> Quantiser.row(QuantFormat.Q8_0, new float[64], room, 4090));
  }
}
