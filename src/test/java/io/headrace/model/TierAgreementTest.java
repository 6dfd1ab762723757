package io.headrace.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.headrace.tensor.Kernels;
import io.headrace.tensor.KvFormat;
import io.headrace.tensor.Tier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Native kernels of every tier this machine has give the bits of the Java kernels, over all tiny models. */
class TierAgreementTest {
  private static final String ABSENCE =
      "no native kernels: neither packed with the classes nor named by headrace.native.path";

  private static final LoadOptions OPTIONS =
      LoadOptions.withBlocks(48).withLimits(80, 8, 80).withTaps(java.util.Set.of(0, 1), true);

  /** What the Java kernels computed, by model; filled when first asked for. */
  private static final Map<String, List<float[]>> EXPECTED = new HashMap<>();

  @BeforeAll
  static void thereAreNativeKernels() {
    assumeFalse(TestKernels.nativeTiers().isEmpty(), ABSENCE);
  }

  /** The models, some with @bf16: pages in bf16. */
  private static Stream<String> models() {
    return Stream.concat(TinyModelsTest.models().stream(), Stream.of("llama-q4_1@bf16", "qwen3-q6_k@bf16"));
  }

  static Stream<Arguments> tiersAndModels() {
    List<Tier> tiers = TestKernels.nativeTiers();
    List<String> names = tiers.isEmpty() ? List.of("none") : models().toList();
    List<Tier> all = tiers.isEmpty() ? List.of(Tier.SCALAR) : tiers;
    return all.stream()
        .flatMap(tier -> names.stream().map(name -> Arguments.of(tier, name)))
        .flatMap(
            both ->
                Stream.of(Activations.values())
                    .map(activations -> Arguments.of(both.get()[0], both.get()[1], activations)));
  }

  @ParameterizedTest
  @MethodSource("tiersAndModels")
  void everyTierGivesTheBitsOfTheJavaKernels(Tier tier, String name, Activations activations) {
    List<float[]> expected =
        EXPECTED.computeIfAbsent(
            name + activations,
            _ -> {
              try (Kernels java = TestKernels.java(2)) {
                return outputs(java, name, activations);
              }
            });
    for (int threads : new int[] {1, 3}) {
      try (Kernels kernels = TestKernels.of(tier, threads)) {
        assertEquals(tier, kernels.tier());
        List<float[]> actual = outputs(kernels, name, activations);
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < actual.size(); i++) {
          assertArrayEquals(expected.get(i), actual.get(i), tier + ", output " + i);
        }
      }
    }
  }

  @Test
  void nativeMatricesReadBackAsTheJavaOnesDo() {
    for (String name : TinyModelsTest.models()) {
      try (Kernels java = TestKernels.java(1);
          Kernels best = TestKernels.best(2);
          var file = io.headrace.weights.WeightFile.open(Golden.path("tiny/" + name + ".gguf"))) {
        for (var tensor : file.tensors().all()) {
          if (tensor.rows() < 2) continue;
          float[] a = new float[(int) tensor.columns()];
          float[] b = new float[(int) tensor.columns()];
          float[] c = new float[(int) tensor.columns()];
          long rows = tensor.rows();
          long columns = tensor.columns();
          try (var heap = java.openMatrices(java.matrixBytes(tensor.format(), rows, columns));
              var mapped = best.openMatrices(best.matrixBytes(tensor.format(), rows, columns))) {
            var one = heap.pack(tensor.format(), rows, columns, tensor.data());
            var two = mapped.pack(tensor.format(), rows, columns, tensor.data());
            for (long r = 0; r < rows; r++) {
              one.copyRow(r, a);
              two.copyRow(r, b);
              io.headrace.weights.Dequantiser.row(tensor.format(), tensor.data(), r, columns, c);
              assertArrayEquals(c, a, tensor.name());
              assertArrayEquals(c, b, tensor.name());
            }
          }
        }
      }
    }
  }

  /** Logits and taps of a few passes: a prompt in chunks, several sequences at once, a tree, and what follows its accepted path. */
  private static List<float[]> outputs(Kernels kernels, String name, Activations activations) {
    List<float[]> out = new ArrayList<>();
    Random random = new Random(5);
    KvFormat format = name.endsWith("@bf16") ? KvFormat.BF16 : KvFormat.F16;
    LoadOptions options = OPTIONS.withActivations(activations).withKvFormat(format);
    try (DecoderModel model =
        Runs.load(Golden.path("tiny/" + name.replaceFirst("@.*", "") + ".gguf"), kernels, options)) {
      int[] prompt = random.ints(200, 0, 600).toArray();
      int[] table = {7, 3, 11, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 20};
      out.addAll(List.of(Runs.everyRow(model, prompt, 77, table)));

      ForwardBatch batch = model.newBatch();
      int[] second = {30, 31, 32, 33};
      int[] third = {40};
      batch.addChain(table, 20, 200, prompt, 0, 5, 2);
      batch.addChain(second, 4, 0, prompt, 10, 40, 3);
      batch.addChain(third, 1, 0, prompt, 60, 1, 1);
      collect(model, batch, out);

      batch.clear();
      int[] parents = {-1, 0, 0, 1, 1, 2, -1, 6, 3};
      batch.addTree(second, 4, 40, prompt, parents, 9);
      batch.addTree(table, 20, 126, prompt, new int[] {-1, 0, 1, 2, 0, 4, 5}, 7);
      collect(model, batch, out);

      model.moveTokens(second, 4, new int[] {40, 41, 43, 48}, new int[] {40, 41, 42, 43}, 4);
      batch.clear();
      batch.addChain(second, 4, 44, prompt, 100, 2, 2);
      collect(model, batch, out);
    }
    return out;
  }

  private static void collect(DecoderModel model, ForwardBatch batch, List<float[]> out) {
    LogitRows logits = model.forward(batch);
    for (int i = 0; i < logits.rows(); i++) {
      float[] row = new float[logits.vocabulary()];
      logits.copyRow(i, row);
      out.add(row);
    }
    for (int layer : new int[] {0, 1}) add(model.hidden(batch, layer), out);
    add(model.finalHidden(batch), out);
  }

  private static void add(HiddenRows rows, List<float[]> out) {
    for (int i = 0; i < rows.rows(); i++) {
      float[] row = new float[rows.width()];
      rows.copyRow(i, row);
      out.add(row);
    }
  }
}
