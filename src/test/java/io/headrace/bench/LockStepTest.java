package io.headrace.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.model.DecoderModel;
import io.headrace.model.LoadOptions;
import io.headrace.model.LoadProgress;
import io.headrace.model.Models;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.Tier;
import io.headrace.weights.WeightFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two models in lockstep are asked the same things. */
class LockStepTest {
  private static final int[] PROMPT = IntStream.range(0, 21).map(i -> 17 + i * 23 % 500).toArray();
  private static Kernels kernels;

  @BeforeAll
  static void open(@TempDir Path folder) {
    kernels = Kernels.open(new KernelsOptions(1, true, Optional.of(Tier.JAVA), 200, Optional.empty(), folder));
  }

  @AfterAll
  static void close() {
    kernels.close();
  }

  private static DecoderModel load(String name) throws Exception {
    Path path = Path.of(Objects.requireNonNull(LockStepTest.class.getResource("/io/headrace/golden/tiny/" + name + ".gguf")).toURI());
    try (WeightFile file = WeightFile.open(path)) {
      return Models.load(file, kernels, LoadOptions.withBlocks(4).withLimits(8, 1, 8), LoadProgress.IGNORED);
    }
  }

  @Test
  void aModelBesideItselfIsNeverFar() throws Exception {
    try (DecoderModel one = load("llama-q8_0");
        DecoderModel same = load("llama-q8_0")) {
      SwitchTrace trace = new LockStep(one, same, 12, System::nanoTime).follow(PROMPT, new int[] {});
      assertEquals(12, trace.tokens());
      assertArrayEquals(new double[12], trace.divergence());
      assertArrayEquals(trace.targetBits(), trace.companionBits());
      for (boolean agree : trace.agree()) assertTrue(agree);
    }
  }

  @Test
  void anotherModelIsComparedAlongTheTargetsOwnText() throws Exception {
    try (DecoderModel one = load("llama-q8_0");
        DecoderModel same = load("llama-q8_0");
        DecoderModel other = load("qwen2-f32")) {
      LockStep pair = new LockStep(one, other, 12, System::nanoTime);
      SwitchTrace trace = pair.follow(PROMPT, new int[] {});
      SwitchTrace alone = new LockStep(one, same, 12, System::nanoTime).follow(PROMPT, new int[] {});
      assertArrayEquals(alone.targetBits(), trace.targetBits());
      assertTrue(Arrays.stream(trace.divergence()).allMatch(nats -> nats > 0));
      assertFalse(Arrays.equals(trace.targetBits(), trace.companionBits()));
      assertArrayEquals(trace.companionBits(), pair.follow(PROMPT, new int[] {}).companionBits());
    }
  }
}
