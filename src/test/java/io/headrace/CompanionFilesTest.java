package io.headrace;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.testing.GgufWriter;
import io.headrace.weights.WeightFile;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A companion that cannot stand beside the served model is refused at the start, with the option and what to do. */
final class CompanionFilesTest {
  @TempDir Path folder;

  @Test
  void whatFitsIsTaken() {
    check(model("served.gguf", "b", 16, 3), model("small.gguf", "b", 16, 3));
  }

  @Test
  void otherTokensAreNamed() {
    assertRefused("'b' and 'c'", model("served.gguf", "b", 16, 3), model("small.gguf", "c", 16, 3));
  }

  @Test
  void equalTokensWithOtherPaddingAreRefusedBeforeAnythingIsLoaded() {
    assertRefused("logits for 8 tokens, served.gguf for 3", model("served.gguf", "b", 16, 3), model("small.gguf", "b", 16, 8));
  }

  @Test
  void aShorterWindowNamesTheOptionThatFits() {
    assertRefused("engine.context=8", model("served.gguf", "b", 16, 3), model("small.gguf", "b", 8, 3));
  }

  private static void assertRefused(String reason, Path served, Path companion) {
    String said = assertThrows(Problem.class, () -> check(served, companion)).getMessage();
    assertTrue(said.startsWith("companions (or HEADRACE_COMPANIONS): 'small' ") && said.contains(reason), said);
  }

  private static void check(Path served, Path companion) {
    try (WeightFile file = WeightFile.open(served);
        CompanionFiles beside = CompanionFiles.open(List.of(new FoundModel("small", companion, List.of())))) {
      beside.check(file, 16);
    }
  }

  /** A file with nothing but tokens, sizes and the embedding. */
  private Path model(String name, String token, int window, int logits) {
    return new GgufWriter()
        .string("general.architecture", "llama")
        .uint32("llama.embedding_length", 16)
        .uint32("llama.attention.head_count", 1)
        .uint32("llama.context_length", window)
        .uint32("llama.block_count", 1)
        .uint32("llama.feed_forward_length", 16)
        .float32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
        .string("tokenizer.ggml.model", "gpt2")
        .string("tokenizer.ggml.pre", "smollm")
        .strings("tokenizer.ggml.tokens", List.of("a", token, "a" + token))
        .strings("tokenizer.ggml.merges", List.of("a " + token))
        .matrix("token_embd.weight", logits, 16, new float[16 * logits])
        .write(folder.resolve(name));
  }
}
