package io.headrace.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.tensor.Kernels;
import io.headrace.tensor.KvFormat;
import io.headrace.tensor.Tier;
import io.headrace.weights.WeightFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The logits of a row depend only on the tokens before it: not on chunks, company, order of blocks, threads, or on whether the row
 * was a node of a tree. To the bit, with the Java kernels and the best native ones.
 */
class ModelLawsTest {
  private static final int BLOCKS = 64;
  private static final LoadOptions OPTIONS = LoadOptions.withBlocks(BLOCKS).withLimits(192, 40, 192);

  static Stream<Arguments> cases() {
    // With @int16: activations of two planes. With @bf16: pages in bf16.
    List<String> models =
        List.of("llama-q4_1", "llama-f16", "qwen2-q4_k", "qwen3-q6_k", "llama-q4_1@int16", "qwen3-q6_k@int16", "llama-q4_1@bf16");
    List<Tier> tiers = new ArrayList<>(List.of(Tier.JAVA));
    List<Tier> natives = TestKernels.nativeTiers();
    if (!natives.isEmpty()) tiers.add(natives.getLast());
    return tiers.stream().flatMap(tier -> models.stream().map(name -> Arguments.of(tier, name)));
  }

  private static int[] prompt(int seed, int length) {
    return new Random(seed).ints(length, 0, 600).toArray();
  }

  private static DecoderModel load(String name, Kernels kernels) {
    return Runs.load(file(name), kernels, options(name));
  }

  private static Path file(String name) {
    return Golden.path("tiny/" + name.replaceFirst("@.*", "") + ".gguf");
  }

  private static LoadOptions options(String name) {
    return OPTIONS
        .withActivations(name.endsWith("@int16") ? Activations.INT16 : Activations.INT8)
        .withKvFormat(name.endsWith("@bf16") ? KvFormat.BF16 : KvFormat.F16);
  }

  private static int[] shuffled(int seed) {
    List<Integer> ids = new ArrayList<>(IntStream.range(0, BLOCKS).boxed().toList());
    Collections.shuffle(ids, new Random(seed));
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  private static void assertSame(float[][] expected, float[][] actual, String what) {
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], actual[i], what + ", row " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void chunksBlocksAndThreadsChangeNoBit(Tier tier, String name) {
    int[] tokens = prompt(1, 150);
    float[][] expected;
    try (Kernels kernels = TestKernels.of(tier, 1);
        DecoderModel model = load(name, kernels)) {
      expected = Runs.everyRow(model, tokens, 150);
      for (int chunk : new int[] {1, 7, 16, 64, 129}) {
        assertSame(expected, Runs.everyRow(model, tokens, chunk), "chunks of " + chunk);
      }
      assertSame(expected, Runs.everyRow(model, tokens, 50, shuffled(3)), "shuffled blocks");
    }
    for (int threads : new int[] {2, 5}) {
      try (Kernels kernels = TestKernels.of(tier, threads);
          DecoderModel model = load(name, kernels)) {
        assertSame(expected, Runs.everyRow(model, tokens, 100), threads + " threads");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatIsDoneWhileOthersComputeIsDoneOnceAndChangesNoBit(Tier tier, String name) {
    int[] tokens = prompt(2, 40);
    for (int threads : new int[] {1, 2}) {
      try (Kernels kernels = TestKernels.of(tier, threads);
          DecoderModel model = load(name, kernels)) {
        float[][] expected = Runs.everyRow(model, tokens, 40);
        int[] done = {0};
        Model busy = beside(model, () -> done[0]++);
        assertSame(expected, Runs.everyRow(busy, tokens, 10), threads + " threads");
        assertEquals(4, done[0]);
        Model failing = beside(model, () -> { throw new IllegalStateException("meant"); });
        assertThrows(IllegalStateException.class, () -> Runs.everyRow(failing, tokens, 10));
        assertSame(expected, Runs.everyRow(model, tokens, 10), threads + " threads, after a failure");
      }
    }
  }

  private static Model beside(Model model, Runnable meanwhile) {
    return new ForwardingModel(model) {
      @Override
      public LogitRows forward(ForwardBatch batch, Runnable none) {
        return super.forward(batch, meanwhile);
      }
    };
  }

  @ParameterizedTest
  @MethodSource("cases")
  void companyChangesNoBit(Tier tier, String name) {
    int[] lengths = {3, 17, 60, 1, 33, 16, 2};
    try (Kernels kernels = TestKernels.of(tier, 2);
        DecoderModel model = load(name, kernels)) {
      float[][][] alone = new float[lengths.length][][];
      for (int s = 0; s < lengths.length; s++) {
        alone[s] = Runs.everyRow(model, prompt(s, lengths[s]), 64);
      }
      ForwardBatch batch = model.newBatch();
      int[] blocks = shuffled(4);
      int next = 0;
      for (int s = 0; s < lengths.length; s++) {
        int need = (lengths[s] + 15) / 16;
        int[] table = Arrays.copyOfRange(blocks, next, next + need);
        next += need;
        int first = batch.addChain(table, need, 0, prompt(s, lengths[s]), 0, lengths[s], lengths[s]);
        assertEquals(Arrays.stream(lengths, 0, s).sum(), first);
      }
      LogitRows logits = model.forward(batch);
      float[] row = new float[600];
      int index = 0;
      for (float[][] sequence : alone) {
        for (float[] expected : sequence) {
          logits.copyRow(index++, row);
          assertArrayEquals(expected, row, "row " + index);
        }
      }
    }
  }

  /** Trees of random shape below prefixes that end before, at and after the edges of blocks and chunks. */
  @ParameterizedTest
  @MethodSource("cases")
  void aTreeRowHasTheBitsOfTheChainOfItsAncestors(Tier tier, String name) {
    try (Kernels kernels = TestKernels.of(tier, 2);
        DecoderModel model = load(name, kernels)) {
      for (int committed : new int[] {0, 15, 120, 127, 128}) {
        Random random = new Random(committed);
        int[] prefix = prompt(committed, committed);
        int nodes = 20;
        int[] tokens = prompt(99, nodes);
        int[] parents = new int[nodes];
        for (int i = 0; i < nodes; i++) parents[i] = i == 0 ? -1 : Math.max(-1, i - 1 - random.nextInt(4));
        int[] table = shuffled(5);
        if (committed > 0) Runs.everyRow(model, prefix, 64, table);
        ForwardBatch batch = model.newBatch();
        batch.addTree(table, BLOCKS / 2, committed, tokens, parents, nodes);
        LogitRows logits = model.forward(batch);
        float[][] rows = new float[nodes][600];
        for (int i = 0; i < nodes; i++) logits.copyRow(i, rows[i]);
        for (int i = 0; i < nodes; i++) {
          int[] path = path(prefix, tokens, parents, i);
          assertArrayEquals(Runs.lastRow(model, path), rows[i], "node %d after %d".formatted(i, committed));
        }
      }
    }
  }

  private static int[] path(int[] prefix, int[] tokens, int[] parents, int node) {
    List<Integer> reversed = new ArrayList<>();
    for (int i = node; i >= 0; i = parents[i]) reversed.add(tokens[i]);
    int[] path = Arrays.copyOf(prefix, prefix.length + reversed.size());
    for (int i = 0; i < reversed.size(); i++) path[prefix.length + i] = reversed.get(reversed.size() - 1 - i);
    return path;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void movingAnAcceptedPathContinuesAsIfItHadBeenAChain(Tier tier, String name) {
    int[] prefix = prompt(6, 30);
    int[] tokens = prompt(7, 6);
    int[] parents = {-1, 0, 0, 2, 1, 3};
    int[] accepted = {0, 2, 3, 5};
    try (Kernels kernels = TestKernels.of(tier, 2);
        DecoderModel model = load(name, kernels)) {
      int[] table = shuffled(8);
      Runs.everyRow(model, prefix, 64, table);
      ForwardBatch batch = model.newBatch();
      batch.addTree(table, 4, 30, tokens, parents, 6);
      model.forward(batch);
      int[] from = Arrays.stream(accepted).map(i -> 30 + i).toArray();
      int[] to = IntStream.range(30, 34).toArray();
      model.moveTokens(table, 4, from, to, 4);
      batch.clear();
      batch.addChain(table, 4, 34, new int[] {77}, 0, 1, 1);
      float[] row = new float[600];
      model.forward(batch).copyRow(0, row);
      int[] whole = Arrays.copyOf(path(prefix, tokens, parents, 5), 35);
      whole[34] = 77;
      assertArrayEquals(Runs.lastRow(model, whole), row);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aPassInPartsEqualsAPassAtOnce(Tier tier, String name) {
    int[] tokens = prompt(11, 40);
    try (Kernels kernels = TestKernels.of(tier, 2);
        DecoderModel model = load(name, kernels)) {
      float[] expected = Runs.lastRow(model, tokens);
      ForwardBatch batch = model.newBatch();
      batch.addChain(Runs.table(40), 3, 0, tokens, 0, 40, 1);
      for (int layer = 0; layer < model.card().layers(); layer++) model.forward(batch, layer, layer + 1);
      float[] row = new float[600];
      model.logits(batch).copyRow(0, row);
      assertArrayEquals(expected, row);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aSliceOfTheOutputHasTheLogitsOfItsTokens(Tier tier, String name) {
    int[] chosen = {599, 3, 3, 0, 77, 128, 500, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22};
    try (Kernels kernels = TestKernels.of(tier, 2);
        DecoderModel model = load(name, kernels);
        WeightFile file = WeightFile.open(file(name));
        OutputSlice slice = model.outputSlice(file, chosen)) {
      int wanted = 39; // rows of three blocks
      int[] tokens = prompt(12, 50);
      ForwardBatch batch = model.newBatch();
      batch.addChain(Runs.table(50), 4, 0, tokens, 0, 50, wanted);
      LogitRows all = model.forward(batch);
      float[][] whole = new float[wanted][600];
      for (int i = 0; i < wanted; i++) all.copyRow(i, whole[i]);
      LogitRows some = model.logits(slice, batch);
      assertEquals(chosen.length, some.vocabulary());
      float[] row = new float[chosen.length];
      for (int i = 0; i < wanted; i++) {
        some.copyRow(i, row);
        for (int t = 0; t < chosen.length; t++) assertEquals(whole[i][chosen[t]], row[t]);
      }
      assertThrows(IllegalArgumentException.class, () -> model.outputSlice(file, new int[] {600}));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void tapsSeeTheStreamAndDoNotDisturbIt(Tier tier, String name) {
    int[] tokens = prompt(13, 25);
    try (Kernels kernels = TestKernels.of(tier, 2);
        DecoderModel plain = load(name, kernels);
        DecoderModel tapped =
            Runs.load(file(name), kernels, options(name).withTaps(Set.of(0, 2), true))) {
      assertArrayEquals(Runs.lastRow(plain, tokens), Runs.lastRow(tapped, tokens));
      ForwardBatch batch = tapped.newBatch();
      batch.addChain(Runs.table(25), 2, 0, tokens, 0, 25, 25);
      tapped.forward(batch);
      HiddenRows before = tapped.hidden(batch, 0);
      HiddenRows after = tapped.hidden(batch, 2);
      HiddenRows normed = tapped.finalHidden(batch);
      assertEquals(25, before.rows());
      float[] one = new float[before.width()];
      float[] two = new float[before.width()];
      before.copyRow(7, one);
      after.copyRow(7, two);
      assertNotEquals(Arrays.toString(one), Arrays.toString(two));
      normed.copyRow(7, two);
      assertTrue(Float.isFinite(two[0]));
      assertThrows(IllegalArgumentException.class, () -> tapped.hidden(batch, 1));
      assertThrows(IllegalArgumentException.class, () -> plain.hidden(batch, 0));
    }
  }
}
