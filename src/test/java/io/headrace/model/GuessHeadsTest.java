package io.headrace.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Heads compute what their formula says, a row at a time or several, with the same bits on every tier. */
class GuessHeadsTest {
  private static final Path FILE = Golden.path("tiny/llama-f16.gguf");
  private static final LoadOptions OPTIONS = LoadOptions.withBlocks(8).withLimits(64, 2, 8).withTaps(Set.of(), true);
  private static final int INNER = 48;
  private static final int[] SLICE = IntStream.range(0, 130).map(i -> (i * 37) % 600).distinct().toArray();

  @TempDir Path folder;

  private TensorFile tensors(int hidden) throws IOException {
    Path file = folder.resolve("heads.safetensors");
    new SafetensorsWriter()
        .add("heads.0.state.weight", QuantFormat.F32, new long[] {INNER, hidden}, TestKernels.random(1, INNER * hidden))
        .add("heads.0.token.weight", QuantFormat.F32, new long[] {INNER, hidden}, TestKernels.random(2, INNER * hidden))
        .add("heads.0.bias", QuantFormat.F32, new long[] {INNER}, TestKernels.random(3, INNER))
        .add("heads.0.out.weight", QuantFormat.F32, new long[] {hidden, INNER}, TestKernels.random(4, INNER * hidden))
        .add("heads.1.state.weight", QuantFormat.F32, new long[] {hidden, hidden}, TestKernels.random(5, hidden * hidden))
        .add("heads.1.bias", QuantFormat.F32, new long[] {hidden}, TestKernels.random(6, hidden))
        .write(file);
    return TensorFile.open(file);
  }

  @ParameterizedTest
  @MethodSource("io.headrace.model.TestKernels#tiers")
  void headsComputeTheirFormulaOnARowAloneOrAmongOthers(Tier tier) throws IOException {
    try (Kernels kernels = TestKernels.of(tier, 2);
        WeightFile file = WeightFile.open(FILE);
        DecoderModel model = Runs.load(FILE, kernels, OPTIONS)) {
      int hidden = model.card().hiddenSize();
      float[][] states = {TestKernels.random(11, hidden), TestKernels.random(12, hidden), TestKernels.random(13, hidden)};
      int[] tokens = {5, 77, 599};
      try (TensorFile tensors = tensors(hidden);
          GuessHeads heads = model.guessHeads(file, tensors.tensors(), SLICE, 4, DraftRounding.NONE)) {
        assertEquals(2, heads.blocks());
        float[][] together = new float[3][];
        for (int row = 0; row < 3; row++) heads.begin(row, states[row]);
        LogitRows all = heads.guess(0, tokens, 3);
        for (int row = 0; row < 3; row++) together[row] = row(all, row);
        for (int row = 0; row < 3; row++) {
          heads.begin(0, states[row]);
          float[] alone = row(heads.guess(0, new int[] {tokens[row]}, 1), 0);
          assertArrayEquals(together[row], alone, "row " + row);
          double[] made = formula(file, states[row], 0, tokens[row]);
          assertClose(logits(file, made), alone);
          heads.follow(0, 0);
          float[] next = row(heads.guess(1, new int[] {0}, 1), 0);
          assertClose(logits(file, published(made)), next);
        }
        float[] java = of(Tier.JAVA, states[0], tokens[0]);
        assertArrayEquals(java, together[0]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.headrace.model.TestKernels#tiers")
  void roundedHeadsGuessAlmostTheSameAndEqualBitsEverywhere(Tier tier) throws IOException {
    float[] state = TestKernels.random(11, 128);
    float[] exact = of(Tier.JAVA, state, 77, DraftRounding.NONE);
    float[] rounded = of(tier, state, 77, DraftRounding.COMPACT);
    assertArrayEquals(of(Tier.JAVA, state, 77, DraftRounding.COMPACT), rounded);
    double difference = 0;
    double size = 0;
    for (int i = 0; i < exact.length; i++) {
      difference += Math.pow(exact[i] - rounded[i], 2);
      size += Math.pow(exact[i], 2);
    }
    assertTrue(difference > 0, "nothing was rounded");
    assertTrue(difference < 0.1 * 0.1 * size, () -> "rounding changes logits by much");
  }

  private float[] of(Tier tier, float[] state, int token) throws IOException {
    return of(tier, state, token, DraftRounding.NONE);
  }

  private float[] of(Tier tier, float[] state, int token, DraftRounding rounding) throws IOException {
    try (Kernels kernels = TestKernels.of(tier, 1);
        WeightFile file = WeightFile.open(FILE);
        DecoderModel model = Runs.load(FILE, kernels, OPTIONS);
        TensorFile tensors = tensors(state.length);
        GuessHeads heads = model.guessHeads(file, tensors.tensors(), SLICE, 4, rounding)) {
      heads.begin(0, state);
      return row(heads.guess(0, new int[] {token}, 1), 0);
    }
  }

  @Test
  void rowsOfLogitsBringTheStateTheyWereMadeOf() {
    try (Kernels kernels = TestKernels.best(1);
        DecoderModel model = Runs.load(FILE, kernels, OPTIONS)) {
      ForwardBatch batch = model.newBatch();
      batch.addChain(new int[] {0}, 1, 0, new int[] {1, 2, 3, 4}, 0, 4, 2);
      LogitRows rows = model.forward(batch);
      HiddenRows hidden = model.finalHidden(batch);
      for (int row = 0; row < 2; row++) {
        float[] state = new float[model.card().hiddenSize()];
        float[] expected = new float[state.length];
        rows.copyState(row, state);
        hidden.copyRow(row, expected);
        assertArrayEquals(expected, state);
      }
      assertThrows(IndexOutOfBoundsException.class, () -> rows.copyState(2, new float[model.card().hiddenSize()]));
    }
  }

  @ParameterizedTest
  @MethodSource("io.headrace.model.TestKernels#tiers")
  void headsCanBeMadeWhileTheModelComputes(Tier tier) throws Exception {
    int[] tokens = IntStream.range(0, 48).map(i -> i * 11 % 600).toArray();
    try (Kernels kernels = TestKernels.of(tier, 2);
        WeightFile file = WeightFile.open(FILE);
        DecoderModel model = Runs.load(FILE, kernels, OPTIONS);
        TensorFile tensors = tensors(model.card().hiddenSize())) {
      float[] alone = Runs.lastRow(model, tokens);
      float[] state = TestKernels.random(11, model.card().hiddenSize());
      float[] expected = of(Tier.JAVA, state, 77);
      AtomicBoolean made = new AtomicBoolean();
      try (ExecutorService engine = Executors.newSingleThreadExecutor()) {
        Future<?> computing =
            engine.submit(
                () -> {
                  while (!made.get()) assertArrayEquals(alone, Runs.lastRow(model, tokens));
                });
        try {
          for (int i = 0; i < 20 && !computing.isDone(); i++) model.guessHeads(file, tensors.tensors(), SLICE, 4, DraftRounding.NONE).close();
        } finally {
          made.set(true);
        }
        computing.get();
        try (GuessHeads heads = model.guessHeads(file, tensors.tensors(), SLICE, 4, DraftRounding.NONE)) {
          heads.begin(0, state);
          assertArrayEquals(expected, row(heads.guess(0, new int[] {77}, 1), 0));
        }
      }
    }
  }

  @Test
  void headsThatDoNotFitTheModelAreRefused() throws IOException {
    try (Kernels kernels = TestKernels.best(1);
        WeightFile file = WeightFile.open(FILE);
        DecoderModel model = Runs.load(FILE, kernels, OPTIONS);
        TensorFile tensors = tensors(model.card().hiddenSize());
        TensorFile other = tensors(32)) {
      assertThrows(RuntimeException.class, () -> model.guessHeads(file, other.tensors(), SLICE, 4, DraftRounding.NONE));
      assertThrows(IllegalArgumentException.class, () -> model.guessHeads(file, tensors.tensors(), new int[] {600}, 4, DraftRounding.NONE));
      assertThrows(IllegalArgumentException.class, () -> model.guessHeads(file, tensors.tensors(), new int[0], 4, DraftRounding.NONE));
      try (GuessHeads heads = model.guessHeads(file, tensors.tensors(), SLICE, 4, DraftRounding.NONE)) {
        assertThrows(IllegalArgumentException.class, () -> heads.guess(0, new int[5], 5));
        assertThrows(IndexOutOfBoundsException.class, () -> heads.guess(2, new int[1], 1));
        assertThrows(IndexOutOfBoundsException.class, () -> heads.follow(4, 0));
      }
    }
  }

  private static float[] row(LogitRows rows, int index) {
    float[] out = new float[rows.vocabulary()];
    rows.copyRow(index, out);
    return out;
  }

  private static double[] formula(WeightFile file, float[] state, int head, int token) {
    int hidden = state.length;
    float[] e = new float[hidden];
    TensorInfo embedding = file.tensors().get("token_embd.weight");
    Dequantiser.row(embedding.format(), embedding.data(), token, hidden, e);
    float[] w = TestKernels.random(1, INNER * hidden);
    float[] u = TestKernels.random(2, INNER * hidden);
    float[] b = TestKernels.random(3, INNER);
    float[] v = TestKernels.random(4, INNER * hidden);
    double[] made = new double[hidden];
    double[] inner = new double[INNER];
    for (int i = 0; i < INNER; i++) {
      double x = b[i];
      for (int k = 0; k < hidden; k++) x += w[i * hidden + k] * state[k] + u[i * hidden + k] * e[k];
      inner[i] = x / (1 + Math.exp(-x));
    }
    for (int k = 0; k < hidden; k++) {
      made[k] = state[k];
      for (int i = 0; i < INNER; i++) made[k] += v[k * INNER + i] * inner[i];
    }
    return made;
  }

  private static double[] published(double[] from) {
    int hidden = from.length;
    float[] w = TestKernels.random(5, hidden * hidden);
    float[] b = TestKernels.random(6, hidden);
    double[] made = from.clone();
    for (int i = 0; i < hidden; i++) {
      double x = b[i];
      for (int k = 0; k < hidden; k++) x += w[i * hidden + k] * from[k];
      made[i] += x / (1 + Math.exp(-x));
    }
    return made;
  }

  private static double[] logits(WeightFile file, double[] state) {
    String name = file.tensors().has("output.weight") ? "output.weight" : "token_embd.weight";
    TensorInfo output = file.tensors().get(name);
    double[] logits = new double[SLICE.length];
    float[] row = new float[state.length];
    for (int i = 0; i < SLICE.length; i++) {
      Dequantiser.row(output.format(), output.data(), SLICE[i], state.length, row);
      for (int k = 0; k < state.length; k++) logits[i] += row[k] * state[k];
    }
    return logits;
  }

  private static void assertClose(double[] expected, float[] actual) {
    double largest = 0;
    for (double x : expected) largest = Math.max(largest, Math.abs(x));
    for (int i = 0; i < expected.length; i++) assertEquals(expected[i], actual[i], 2e-4 * largest, "column " + i);
  }
}
