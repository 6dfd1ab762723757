package io.headrace.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tiny models of the golden data, as files: bytes that other programs wrote. */
class TinyModelFilesTest {
  private static Path tiny(String name) throws URISyntaxException {
    URL found = TinyModelFilesTest.class.getResource("/io/headrace/golden/tiny/" + name);
    assumeTrue(found != null, "skipped: no tiny model " + name + " among the test resources");
    return Path.of(URI.create(String.valueOf(found)));
  }

  /**
   * The checksums are of the float32 values that the Python package gguf 0.19.0 gives, tensors in
   * the order of the file.
   */
  @ParameterizedTest
  @CsvSource({
    "llama-bf16, 21, 40f88a42",
    "llama-f16, 20, 416e581b",
    "llama-f32, 20, db0e7dbf",
    "llama-q4_0, 20, 26bdf409",
    "llama-q4_1, 20, 7a8b292f",
    "llama-q4_k, 20, bfa9b681",
    "llama-q5_0, 20, f6259225",
    "llama-q5_1, 20, df27d288",
    "llama-q5_k, 20, 21a5885b",
    "llama-q6_k, 20, d5a80b6d",
    "llama-q8_0, 20, 63000da2",
    "llama-rope-linear-f16, 20, 96ab1241",
    "llama-rope-llama3-f16, 21, 734e86cc",
    "llama-rope-yarn-f16, 20, ba46ba31",
    "qwen2-f32, 27, 461ea06c",
    "qwen2-q4_k, 26, d82ef150",
    "qwen3-f32, 35, d35c6b5c",
    "qwen3-q6_k, 24, e4db2840",
  })
  void everyWeightIsTheReferencesBitForBit(String model, int tensors, String checksum)
      throws URISyntaxException {
    try (WeightFile file = WeightFile.open(tiny(model + ".gguf"))) {
      assertEquals(tensors, file.tensors().size());
      CRC32 sum = new CRC32();
      for (TensorInfo tensor : file.tensors().all()) {
        float[] values =
            Dequantiser.matrix(tensor.format(), tensor.data(), tensor.rows(), tensor.columns());
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        sum.update(bytes);
      }
      assertEquals(checksum, "%08x".formatted(sum.getValue()));
      assertEquals(600, file.metadata().strings("tokenizer.ggml.tokens").size());
      assertEquals(600, file.metadata().integers("tokenizer.ggml.token_type").length);
      assertTrue(file.metadata().strings("tokenizer.ggml.merges").getFirst().contains(" "));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama-f32",
        "llama-rope-llama3-f16",
        "llama-rope-yarn-f16",
        "qwen2-f32",
        "qwen3-f32",
      })
  void aFolderAndAFileOfTheSameModelSayTheSame(String model) throws URISyntaxException {
    try (WeightFile gguf = WeightFile.open(tiny(model + ".gguf"));
        WeightFile folder = WeightFile.open(tiny(model))) {
      String architecture = gguf.metadata().string("general.architecture");
      assertEquals(architecture, folder.metadata().string("general.architecture"));
      for (String key : gguf.metadata().keys()) {
        if (!key.startsWith(architecture + ".")) continue;
        if (key.endsWith("rope.scaling.type")) {
          assertEquals(gguf.metadata().string(key), folder.metadata().string(key), key);
        } else {
          float expected = (float) gguf.metadata().floating(key);
          assertEquals(expected, (float) folder.metadata().floating(key), key);
        }
      }
      for (String key : new String[] {"bos", "eos", "padding"}) {
        String full = "tokenizer.ggml." + key + "_token_id";
        assertEquals(gguf.metadata().integer(full), folder.metadata().integer(full));
      }
      assertEquals(
          gguf.metadata().string("tokenizer.chat_template"),
          folder.metadata().string("tokenizer.chat_template"));
      assertTrue(Files.isRegularFile(folder.tokenizerJson().orElseThrow()));
      for (TensorInfo tensor : gguf.tensors().all()) {
        if (tensor.name().equals("rope_freqs.weight")) continue;
        TensorInfo other = folder.tensors().get(tensor.name(), tensor.rows(), tensor.columns());
        boolean reordered = architecture.equals("llama") && tensor.name().matches(".*attn_[qk].*");
        if (!reordered) assertArrayEquals(decoded(tensor), decoded(other), tensor.name());
      }
    }
  }

  private static float[] decoded(TensorInfo tensor) {
    return Dequantiser.matrix(tensor.format(), tensor.data(), tensor.rows(), tensor.columns());
  }
}
