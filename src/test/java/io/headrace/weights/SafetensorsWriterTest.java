package io.headrace.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.tensor.QuantFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SafetensorsWriterTest {
  @TempDir Path folder;

  private static float[] values(int count) {
    Random random = new Random(3);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) values[i] = (float) random.nextGaussian();
    return values;
  }

  private static float[] read(TensorFile file, String name) {
    TensorInfo tensor = file.tensors().get(name);
    return Dequantiser.matrix(tensor.format(), tensor.data(), tensor.rows(), tensor.columns());
  }

  @Test
  void whatIsWrittenIsReadBackByOurReader() throws IOException {
    Path path = folder.resolve("heads.safetensors");
    // More values than one buffer of the writer holds.
    float[] wide = values(300 * 70);
    float[] few = values(6);
    new SafetensorsWriter()
        .note("format", "a test")
        .add("a \"quoted\" name", QuantFormat.F32, new long[] {300, 70}, wide)
        .add("half", QuantFormat.F16, new long[] {2, 3}, few)
        .add("vector", QuantFormat.BF16, new long[] {6}, few)
        .write(path);
    try (TensorFile file = TensorFile.open(path)) {
      assertEquals(
          List.of("a \"quoted\" name", "half", "vector"),
          file.tensors().all().stream().map(TensorInfo::name).toList());
      assertArrayEquals(wide, read(file, "a \"quoted\" name"));
      assertArrayEquals(new long[] {2, 3}, file.tensors().get("half").shape());
      float[] half = read(file, "half");
      float[] brain = read(file, "vector");
      for (int i = 0; i < few.length; i++) {
        assertEquals(Float.float16ToFloat(Float.floatToFloat16(few[i])), half[i]);
        assertEquals(few[i], brain[i], Math.abs(few[i]) / 256);
      }
    }
    try (TensorFile copy = TensorFile.of("resource", Files.readAllBytes(path))) {
      assertArrayEquals(wide, read(copy, "a \"quoted\" name"));
    }
    assertEquals(1, folder.toFile().list().length, "no part of a file stays behind");
  }

  @Test
  void bfloat16RoundsToNearestWithTiesToEven() throws IOException {
    float tieDown = Float.intBitsToFloat(0x3F808000);
    float tieUp = Float.intBitsToFloat(0x3F818000);
    float above = Float.intBitsToFloat(0x3F808001);
    Path path = folder.resolve("t");
    new SafetensorsWriter()
        .add("t", QuantFormat.BF16, new long[] {4}, new float[] {tieDown, tieUp, above, Float.NaN})
        .write(path);
    try (TensorFile file = TensorFile.open(path)) {
      float[] read = read(file, "t");
      assertEquals(0x3F800000, Float.floatToRawIntBits(read[0]));
      assertEquals(0x3F820000, Float.floatToRawIntBits(read[1]));
      assertEquals(0x3F810000, Float.floatToRawIntBits(read[2]));
      assertTrue(Float.isNaN(read[3]));
    }
  }

  @Test
  void aWrongCountAnotherFormatOrASecondTensorOfANameIsRefused() {
    SafetensorsWriter writer =
        new SafetensorsWriter().add("t", QuantFormat.F32, new long[] {1}, new float[1]);
    for (Runnable wrong :
        List.<Runnable>of(
            () -> writer.add("u", QuantFormat.F32, new long[] {2, 2}, new float[3]),
            () -> writer.add("u", QuantFormat.Q8_0, new long[] {32}, new float[32]),
            () -> writer.add("t", QuantFormat.F32, new long[] {1}, new float[1]))) {
      assertThrows(IllegalArgumentException.class, wrong::run);
    }
  }
}
