package io.headrace.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.tensor.QuantFormat;
import io.headrace.testing.GgufWriter;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufFileTest {
  @TempDir Path folder;

  private static GgufWriter small() {
    return new GgufWriter()
        .string("general.architecture", "llama")
        .uint32("llama.block_count", 4_000_000_000L)
        .uint64("llama.context_length", 1L << 40)
        .float32("llama.rope.freq_base", 1e4f)
        .bool("tokenizer.ggml.add_bos_token", true)
        .strings("tokenizer.ggml.tokens", List.of("a", "Ġé", "", "\uFFFD"))
        .int32s("tokenizer.ggml.token_type", 1, -3)
        .float32s("tokenizer.ggml.scores", 0.5f, Float.NEGATIVE_INFINITY)
        .vector("output_norm.weight", 1, 2, 3)
        .matrix("output.weight", 2, 3, 1, 2, 3, 4, 5, 6)
        .tensor(
            "blk.0.ffn_up.weight", QuantFormat.Q4_0, new long[] {2, 1, 2, 64}, new byte[4 * 36]);
  }

  private WeightFile open(GgufWriter writer) {
    return WeightFile.open(writer.write(folder.resolve("model.gguf")));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void metadataComeBackAsTheyWereWritten(int version) {
    try (WeightFile file = open(small().version(version))) {
      Metadata metadata = file.metadata();
      assertEquals("llama", metadata.string("general.architecture"));
      assertEquals(4_000_000_000L, metadata.integer("llama.block_count"));
      assertEquals(1L << 40, metadata.integer("llama.context_length"));
      assertEquals(1e4, metadata.floating("llama.rope.freq_base"));
      assertEquals(1L << 40, metadata.floating("llama.context_length"));
      assertTrue(metadata.bool("tokenizer.ggml.add_bos_token", false));
      assertEquals(List.of("a", "Ġé", "", "\uFFFD"), metadata.strings("tokenizer.ggml.tokens"));
      assertArrayEquals(new long[] {1, -3}, metadata.integers("tokenizer.ggml.token_type"));
      assertArrayEquals(
          new float[] {0.5f, Float.NEGATIVE_INFINITY}, metadata.floats("tokenizer.ggml.scores"));
      assertArrayEquals(new float[] {1, -3}, metadata.floats("tokenizer.ggml.token_type"));
      assertEquals(8, metadata.keys().size());
    }
  }

  @Test
  void absentKeysAreEmptyOrNamed() {
    try (WeightFile file = open(small())) {
      Metadata metadata = file.metadata();
      assertFalse(metadata.has("x"));
      assertTrue(metadata.findString("x").isEmpty());
      assertEquals(OptionalLong.empty(), metadata.findInteger("x"));
      assertTrue(metadata.findStrings("x").isEmpty());
      assertEquals(7, metadata.integer("x", 1, 2, 7));
      assertNames(
          assertThrows(WeightFileException.class, () -> metadata.integer("x.y")),
          "x.y",
          "model.gguf");
    }
  }

  @Test
  void aValueOfAnotherTypeIsRefusedByKey() {
    try (WeightFile file = open(small())) {
      Metadata metadata = file.metadata();
      assertNames(
          assertThrows(
              WeightFileException.class, () -> metadata.findInteger("general.architecture")),
          "general.architecture",
          "a string",
          "an integer");
      assertNames(
          assertThrows(
              WeightFileException.class, () -> metadata.findString("tokenizer.ggml.tokens")),
          "tokenizer.ggml.tokens",
          "a list of strings");
      assertNames(
          assertThrows(
              WeightFileException.class, () -> metadata.integer("llama.block_count", 1, 1000)),
          "llama.block_count",
          "4000000000",
          "1000");
    }
  }

  @Test
  void tensorsAreRowsAndColumnsOverTheFilesOwnBytes() {
    try (WeightFile file = open(small())) {
      TensorInfo norm = file.tensors().get("output_norm.weight", 1, 3);
      assertArrayEquals(new long[] {3}, norm.shape());
      TensorInfo matrix = file.tensors().get("output.weight");
      assertEquals(2, matrix.rows());
      assertEquals(3, matrix.columns());
      assertEquals(6f, matrix.data().getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, 5));
      assertTrue(matrix.data().isReadOnly());
      TensorInfo four = file.tensors().get("blk.0.ffn_up.weight", 4, 64);
      assertArrayEquals(new long[] {2, 1, 2, 64}, four.shape());
      assertEquals(QuantFormat.Q4_0, four.format());
      assertEquals(12 + 24 + 144, file.weightBytes());
      assertEquals(3, file.tensors().size());
      assertTrue(file.tokenizerJson().isEmpty());
    }
  }

  @Test
  void aMissingOrMisshapenTensorIsNamed() {
    try (WeightFile file = open(small())) {
      assertNames(
          assertThrows(WeightFileException.class, () -> file.tensors().get("blk.9.x")),
          "blk.9.x",
          "missing",
          "model.gguf");
      assertNames(
          assertThrows(WeightFileException.class, () -> file.tensors().get("output.weight", 3, 3)),
          "2 rows of 3",
          "3 rows of 3");
    }
  }

  @Test
  void stringListsAreDecodedOnceAndOutliveTheFile() {
    WeightFile file = open(small());
    List<String> tokens = file.metadata().strings("tokenizer.ggml.tokens");
    TensorInfo norm = file.tensors().get("output_norm.weight");
    assertSame(tokens, file.metadata().strings("tokenizer.ggml.tokens"));
    file.close();
    file.close();
    assertEquals("a", tokens.getFirst());
    assertThrows(IllegalStateException.class, () -> norm.data().get(ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void theAlignmentOfTheFileDecidesWhereDataStarts() {
    GgufWriter writer =
        new GgufWriter(256).uint32("general.alignment", 256).vector("a", 7).vector("b", 8);
    try (WeightFile file = open(writer)) {
      assertEquals(8f, file.tensors().get("b").data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0));
    }
  }

  @Test
  void aFileWithoutTensorsOrKeysIsValid() {
    try (WeightFile file = open(new GgufWriter())) {
      assertEquals(0, file.tensors().size());
      assertEquals(0, file.weightBytes());
    }
  }

  static void assertNames(WeightFileException thrown, String... parts) {
    for (String part : parts) assertTrue(thrown.getMessage().contains(part), thrown.getMessage());
  }
}
