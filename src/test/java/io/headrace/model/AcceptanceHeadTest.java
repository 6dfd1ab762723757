package io.headrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.headrace.tensor.Kernels;
import io.headrace.tensor.QuantFormat;
import io.headrace.tensor.Tier;
import io.headrace.weights.Dequantiser;
import io.headrace.weights.SafetensorsWriter;
import io.headrace.weights.TensorFile;
import io.headrace.weights.TensorInfo;
import io.headrace.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An acceptance head computes its formula, the same on every tier. */
final class AcceptanceHeadTest {
  private static final Path FILE = Golden.path("tiny/llama-f16.gguf");
  private static final LoadOptions OPTIONS = LoadOptions.withBlocks(8).withLimits(64, 2, 8).withTaps(Set.of(), true);
  private static final int WIDTH = 32;
  private static final int FEATURES = 5;
  private static final int BLOCKS = 2;
  private static final int GUESSED = 77;
  private static final int[] SLICE = {3, 5, 8};

  @TempDir Path folder;

  /** Heads that leave the state as it is, and a head that judges their guesses. */
  private TensorFile tensors(int hidden) throws IOException {
    Path file = folder.resolve("tensors.safetensors");
    SafetensorsWriter writer = new SafetensorsWriter();
    writer.add("heads.0.state.weight", QuantFormat.F32, new long[] {WIDTH, hidden}, new float[WIDTH * hidden]);
    writer.add("heads.0.bias", QuantFormat.F32, new long[] {WIDTH}, new float[WIDTH]);
    writer.add("heads.0.out.weight", QuantFormat.F32, new long[] {hidden, WIDTH}, new float[hidden * WIDTH]);
    writer.add("acceptance.state.weight", QuantFormat.F32, new long[] {WIDTH, hidden}, TestKernels.random(1, WIDTH * hidden));
    writer.add("acceptance.token.weight", QuantFormat.F32, new long[] {WIDTH, hidden}, TestKernels.random(2, WIDTH * hidden));
    writer.add("acceptance.feature.weight", QuantFormat.F32, new long[] {WIDTH, FEATURES}, TestKernels.random(3, WIDTH * FEATURES));
    writer.add("acceptance.bias", QuantFormat.F32, new long[] {WIDTH}, TestKernels.random(4, WIDTH));
    for (int i = 0; i < BLOCKS; i++) {
      writer.add("acceptance.blocks.%d.weight".formatted(i), QuantFormat.F32, new long[] {WIDTH, WIDTH}, TestKernels.random(10 + i, WIDTH * WIDTH));
      writer.add("acceptance.blocks.%d.bias".formatted(i), QuantFormat.F32, new long[] {WIDTH}, TestKernels.random(20 + i, WIDTH));
    }
    writer.add("acceptance.out.weight", QuantFormat.F32, new long[] {1, WIDTH}, TestKernels.random(5, WIDTH));
    writer.add("acceptance.skip.weight", QuantFormat.F32, new long[] {1, FEATURES}, TestKernels.random(6, FEATURES));
    writer.add("acceptance.constant", QuantFormat.F32, new long[] {1}, TestKernels.random(7, 1));
    writer.write(file);
    return TensorFile.open(file);
  }

  @ParameterizedTest
  @MethodSource("io.headrace.model.TestKernels#tiers")
  void itComputesItsFormula(Tier tier) throws IOException {
    try (Kernels kernels = TestKernels.of(tier, 2);
        WeightFile file = WeightFile.open(FILE);
        DecoderModel model = Runs.load(FILE, kernels, OPTIONS)) {
      int hidden = model.card().hiddenSize();
      float[] state = TestKernels.random(30, hidden);
      float[] features = {0.8f, -0.2f, 2f, 0.7f, 1f};
      try (TensorFile tensors = tensors(hidden);
          GuessHeads heads = model.guessHeads(file, tensors.tensors(), SLICE, 2, DraftRounding.NONE);
          AcceptanceHead judge = model.acceptanceHead(tensors.tensors(), FEATURES)) {
        heads.begin(1, state);
        heads.begin(0, TestKernels.random(31, hidden));
        heads.guess(0, new int[] {1, 2}, 2);
        assertEquals(FEATURES, judge.features());
        double odds = judge.logOdds(heads, 1, GUESSED, features);
        assertEquals(formula(file, state, features), odds, 1e-3);
        assertEquals(odds, judge.logOdds(heads, 1, GUESSED, features), "asked twice it says the same");
        assertEquals(odds, judge.logOdds(heads, 1, GUESSED, features.clone()));
      }
    }
  }

  /** Reading takes no part in what the team does: with its members it would have them wait for each other for ever. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void headsAreReadWhileOthersGuess() throws Exception {
    try (Kernels kernels = TestKernels.best(2);
        WeightFile file = WeightFile.open(FILE);
        DecoderModel model = Runs.load(FILE, kernels, OPTIONS);
        TensorFile tensors = tensors(model.card().hiddenSize());
        GuessHeads heads = model.guessHeads(file, tensors.tensors(), SLICE, 2, DraftRounding.NONE)) {
      AtomicBoolean stop = new AtomicBoolean();
      Thread engine = Thread.ofPlatform().start(() -> {
        while (!stop.get()) heads.guess(0, new int[] {1, 2}, 2);
      });
      try {
        for (int i = 0; i < 300; i++) {
          model.acceptanceHead(tensors.tensors(), FEATURES).close();
          model.guessHeads(file, tensors.tensors(), SLICE, 2, DraftRounding.NONE).close();
        }
      } finally {
        stop.set(true);
      }
      engine.join();
    }
  }

  @Test
  void tensorsThatDoNotFitAreRefused() throws IOException {
    try (Kernels kernels = TestKernels.best(1);
        DecoderModel model = Runs.load(FILE, kernels, OPTIONS);
        TensorFile tensors = tensors(model.card().hiddenSize());
        TensorFile other = tensors(32)) {
      assertThrows(RuntimeException.class, () -> model.acceptanceHead(other.tensors(), FEATURES));
      assertThrows(RuntimeException.class, () -> model.acceptanceHead(tensors.tensors(), FEATURES + 1));
    }
  }

  private static double silu(double x) {
    return x / (1 + Math.exp(-x));
  }

  private static double formula(WeightFile file, float[] state, float[] features) {
    int hidden = state.length;
    float[] e = new float[hidden];
    TensorInfo embedding = file.tensors().get("token_embd.weight");
    Dequantiser.row(embedding.format(), embedding.data(), GUESSED, hidden, e);
    float[] w = TestKernels.random(1, WIDTH * hidden);
    float[] u = TestKernels.random(2, WIDTH * hidden);
    float[] f = TestKernels.random(3, WIDTH * FEATURES);
    float[] b = TestKernels.random(4, WIDTH);
    double[] x = new double[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      double sum = b[i];
      for (int k = 0; k < hidden; k++) sum += w[i * hidden + k] * state[k] + u[i * hidden + k] * e[k];
      for (int k = 0; k < FEATURES; k++) sum += f[i * FEATURES + k] * features[k];
      x[i] = silu(sum);
    }
    for (int block = 0; block < BLOCKS; block++) {
      float[] d = TestKernels.random(10 + block, WIDTH * WIDTH);
      float[] c = TestKernels.random(20 + block, WIDTH);
      double[] next = x.clone();
      for (int i = 0; i < WIDTH; i++) {
        double sum = c[i];
        for (int k = 0; k < WIDTH; k++) sum += d[i * WIDTH + k] * x[k];
        next[i] += silu(sum);
      }
      x = next;
    }
    double odds = TestKernels.random(7, 1)[0];
    float[] out = TestKernels.random(5, WIDTH);
    float[] skip = TestKernels.random(6, FEATURES);
    for (int i = 0; i < WIDTH; i++) odds += out[i] * x[i];
    for (int k = 0; k < FEATURES; k++) odds += skip[k] * features[k];
    return odds;
  }
}
