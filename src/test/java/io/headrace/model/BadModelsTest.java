package io.headrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.tensor.Kernels;
import io.headrace.tensor.KvFormat;
import io.headrace.weights.WeightFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sound files that hold something this server cannot run, and batches that do not fit: each a clear refusal. */
class BadModelsTest {
  @TempDir Path folder;

  private static byte[] tiny(String name) {
    try {
      return Files.readAllBytes(Golden.path("tiny/" + name + ".gguf"));
    } catch (IOException missing) {
      throw new AssertionError(missing);
    }
  }

  /** Where {@code text} first lies in the file; the byte length that stands before it is not touched. */
  private static int find(byte[] file, String text) {
    byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i + wanted.length < file.length; i++) {
      int j = 0;
      while (j < wanted.length && file[i + j] == wanted[j]) j++;
      if (j == wanted.length) return i;
    }
    throw new AssertionError("no " + text);
  }

  private static void rename(byte[] file, String from, String to) {
    assertEquals(from.length(), to.length());
    System.arraycopy(to.getBytes(StandardCharsets.UTF_8), 0, file, find(file, from), to.length());
  }

  /** Overwrites the 4-byte value of a metadata key: key, type (4 bytes), value. */
  private static void setInteger(byte[] file, String key, int value) {
    int at = find(file, key) + key.length() + 4;
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
  }

  private RuntimeException refusal(byte[] file) throws IOException {
    Path path = Files.write(folder.resolve("model.gguf"), file);
    try (Kernels kernels = TestKernels.java(1)) {
      return assertThrows(
          RuntimeException.class, () -> Runs.load(path, kernels, LoadOptions.withBlocks(4)).close());
    }
  }

  private static void assertSays(RuntimeException refusal, Class<?> kind, String... words) {
    assertEquals(kind, refusal.getClass(), refusal.toString());
    assertTrue(refusal.getMessage().contains("model.gguf"), refusal.getMessage());
    for (String word : words) assertTrue(refusal.getMessage().contains(word), refusal.getMessage());
  }

  @Test
  void anUnknownArchitectureIsRefusedWithTheKnownOnes() throws IOException {
    byte[] file = tiny("llama-f16");
    int at = find(file, "general.architecture") + "general.architecture".length() + 4 + 8;
    System.arraycopy("gemma".getBytes(StandardCharsets.UTF_8), 0, file, at, 5);
    assertSays(
        refusal(file), UnsupportedModelException.class, "gemma", "llama, smollm, mistral, qwen2, qwen3");
  }

  @Test
  void aMissingTensorIsNamed() throws IOException {
    byte[] file = tiny("llama-f16");
    rename(file, "blk.1.ffn_up.weight", "blk.1.ffn_xx.weight");
    assertSays(refusal(file), WeightFileException.class, "blk.1.ffn_up.weight", "missing");
  }

  @Test
  void aTensorNobodyKnowsIsRefused() throws IOException {
    byte[] file = tiny("llama-bf16");
    rename(file, "\0output.weight", "\0outpuX.weight");
    assertSays(refusal(file), UnsupportedModelException.class, "outpuX.weight", "llama");
  }

  @Test
  void sizesThatDoNotFitAreNamed() throws IOException {
    byte[] file = tiny("llama-f16");
    setInteger(file, "llama.feed_forward_length", 64);
    assertSays(refusal(file), WeightFileException.class, "blk.0.ffn_gate.weight");
    byte[] heads = tiny("llama-f16");
    setInteger(heads, "llama.attention.head_count_kv", 3);
    assertSays(refusal(heads), UnsupportedModelException.class, "4 query heads", "3 key/value heads");
    byte[] rope = tiny("llama-f16");
    setInteger(rope, "llama.rope.dimension_count", 16);
    assertSays(refusal(rope), UnsupportedModelException.class, "rotation of a part");
  }

  @Test
  void anUnknownScalingIsRefused() throws IOException {
    byte[] file = tiny("llama-rope-linear-f16");
    rename(file, "linear", "lineaX");
    int at = find(file, "rope.scaling.type") + "rope.scaling.type".length() + 4 + 8;
    System.arraycopy("dynami".getBytes(StandardCharsets.UTF_8), 0, file, at, 6);
    assertSays(refusal(file), UnsupportedModelException.class, "dynami", "yarn");
  }

  @Test
  void aBatchRefusesWhatDoesNotFitAndKeepsWhatItHad() {
    try (Kernels kernels = TestKernels.java(1);
        DecoderModel model =
            Runs.load(
                Golden.path("tiny/llama-f16.gguf"),
                kernels,
                LoadOptions.withBlocks(8).withLimits(8, 2, 4).withMaxContext(100))) {
      ForwardBatch batch = model.newBatch();
      assertThrows(IllegalArgumentException.class, () -> model.forward(batch));
      int[] table = {0, 1, 2, 3, 4, 5, 6, 7};
      int[] tokens = {1, 2, 3, 4, 5, 6, 7, 8, 9, 600, -1};
      batch.addChain(table, 8, 0, tokens, 0, 3, 1);
      List<Runnable> bad = new ArrayList<>();
      bad.add(() -> batch.addChain(table, 8, 0, tokens, 0, 6, 0));
      bad.add(() -> batch.addChain(table, 8, 0, tokens, 0, 4, 4));
      bad.add(() -> batch.addChain(table, 8, 0, tokens, 8, 2, 0));
      bad.add(() -> batch.addChain(table, 8, 0, tokens, 10, 1, 0));
      bad.add(() -> batch.addChain(table, 8, 0, tokens, 0, 0, 0));
      bad.add(() -> batch.addChain(table, 8, -1, tokens, 0, 1, 0));
      bad.add(() -> batch.addChain(table, 1, 15, tokens, 0, 2, 0));
      bad.add(() -> batch.addChain(table, 9, 0, tokens, 0, 1, 0));
      bad.add(() -> batch.addChain(table, 8, 98, tokens, 0, 3, 0));
      bad.add(() -> batch.addTree(table, 8, 0, tokens, new int[] {-1, 1}, 2));
      bad.add(() -> batch.addTree(table, 8, 99, tokens, new int[] {-1, 0}, 2));
      for (Runnable each : bad) {
        assertThrows(IllegalArgumentException.class, each::run);
        assertEquals(3, batch.rows());
        assertEquals(1, batch.sequences());
        assertEquals(1, batch.wanted());
      }
      batch.addTree(new int[] {1, 2, 3, 4, 5, 6, 7}, 7, 99, tokens, new int[] {-1, -1, -1}, 3);
      assertEquals(4, model.forward(batch).rows());
      assertThrows(IllegalArgumentException.class, () -> batch.addChain(table, 8, 0, tokens, 0, 1, 0));
    }
  }

  @Test
  void theFingerprintFollowsWeightsAndArithmeticButNotLimits() {
    try (Kernels kernels = TestKernels.java(1)) {
      String plain = fingerprint(kernels, "llama-q4_1", LoadOptions.withBlocks(4));
      assertEquals(plain, fingerprint(kernels, "llama-q4_1", LoadOptions.withBlocks(9).withMaxContext(40)));
      assertNotEquals(
          plain, fingerprint(kernels, "llama-q4_1", LoadOptions.withBlocks(4).withDequantise(true)));
      assertNotEquals(
          plain,
          fingerprint(kernels, "llama-q4_1", LoadOptions.withBlocks(4).withActivations(Activations.INT16)));
      assertNotEquals(plain, fingerprint(kernels, "llama-q4_0", LoadOptions.withBlocks(4)));
      assertNotEquals(plain, fingerprint(kernels, "llama-q4_1", LoadOptions.withBlocks(4).withKvFormat(KvFormat.BF16)));
    }
  }

  private static String fingerprint(Kernels kernels, String name, LoadOptions options) {
    try (DecoderModel model = Runs.load(Golden.path("tiny/" + name + ".gguf"), kernels, options)) {
      return model.card().fingerprint();
    }
  }

  @Test
  void loadingReportsEveryByteInTheEnd() {
    List<Long> seen = new ArrayList<>();
    long[] total = new long[1];
    try (Kernels kernels = TestKernels.java(1);
        var file = io.headrace.weights.WeightFile.open(Golden.path("tiny/qwen3-f32.gguf"));
        DecoderModel model =
            Models.load(
                file,
                kernels,
                LoadOptions.withBlocks(4),
                (done, all) -> {
                  seen.add(done);
                  total[0] = all;
                })) {
      assertTrue(seen.size() > 10);
      assertEquals(seen.stream().sorted().toList(), seen);
      assertEquals(total[0], seen.getLast());
      assertTrue(model.card().weightBytes() > 0);
    }
  }
}
