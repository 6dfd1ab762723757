package io.headrace.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.Sampling;
import io.headrace.model.LogitRows;
import io.headrace.tensor.KernelFault;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.Tier;
import io.headrace.tensor.Weigher;
import io.headrace.testing.ArrayRows;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading a row by spans chooses what reading and sorting the whole row chooses. */
final class WholeRowLawTest {
  private static final int FAULT = -1;
  private static final int BANNED = -2;

  private record Case(
      float[] row,
      Sampling sampling,
      LogitAdjustments adjustments,
      int[] ends,
      int minTokens,
      int[] prompt,
      int[] output) {}

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void aTokenChosenBySpansIsTheTokenOfTheWholeRow(long seed) {
    chooseAsTheWholeRow(seed, Weigher.inJava());
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {7, 8})
  void nativeKernelsChooseTheSameToken(long seed, @TempDir Path folder) {
    Optional<Path> library = Optional.ofNullable(System.getProperty("headrace.native.path")).map(Path::of);
    var options = new KernelsOptions(1, true, Optional.empty(), 100, library, folder);
    for (Tier tier : Tier.values()) {
      if (tier == Tier.JAVA) continue;
      try (Kernels kernels = Kernels.open(options.withHighestTier(tier))) {
        assumeTrue(kernels.tier() != Tier.JAVA, "no native kernels here");
        chooseAsTheWholeRow(seed, kernels);
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {9, 10, 11})
  void rowsOutsideTheHeapHaveTheSameTokensAloneAndTogetherAndStayAsTheyAre(long seed, @TempDir Path folder) {
    Optional<Path> library = Optional.ofNullable(System.getProperty("headrace.native.path")).map(Path::of);
    var options = new KernelsOptions(2, true, Optional.empty(), 100, library, folder);
    for (Tier tier : Tier.values()) {
      if (tier == Tier.JAVA) continue;
      try (Kernels kernels = Kernels.open(options.withHighestTier(tier))) {
        assumeTrue(kernels.tier() != Tier.JAVA, "no native kernels here");
        chooseTogether(seed, kernels);
      }
    }
  }

  private static void chooseTogether(long seed, Kernels kernels) {
    var random = new SplittableRandom(seed);
    var scratches = new HashMap<Integer, PickerScratch>();
    int[] sizes = {1, 2, 63, 64, 65, 640, 1_000, 5_000, 9_000};
    for (int round = 0; round < 200; round++) {
      int vocabulary = sizes[random.nextInt(sizes.length)];
      PickerScratch scratch = scratches.computeIfAbsent(vocabulary, size -> new PickerScratch(size, kernels));
      List<Case> cases = new ArrayList<>();
      for (int i = random.nextInt(9); i >= 0; i--) cases.add(any(random, vocabulary));
      List<TokenPicker> pickers = new ArrayList<>();
      List<ArrayRows> rows = new ArrayList<>();
      for (Case any : cases) {
        pickers.add(picker(any, scratch));
        rows.add(ArrayRows.outsideTheHeap(any.row));
      }
      List<Integer> alone = new ArrayList<>();
      for (int i = 0; i < cases.size(); i++) alone.add(picked(pickers.get(i), rows.get(i)));
      scratch.begin();
      for (int i = 0; i < cases.size(); i++) pickers.get(i).ahead(rows.get(i), 0);
      scratch.chooseAhead();
      for (int i = 0; i < cases.size(); i++) {
        Case any = cases.get(i);
        String name = "round " + round + ": " + any.sampling + " " + any.adjustments;
        int expected = wholeRow(any);
        assertEquals(expected, alone.get(i), "alone, " + name);
        assertEquals(expected, picked(pickers.get(i), rows.get(i)), "together, " + name);
        assertArrayEquals(any.row, rows.get(i).values(0).toArray(ValueLayout.JAVA_FLOAT), "the row, " + name);
      }
    }
  }

  private static void chooseAsTheWholeRow(long seed, Weigher weigher) {
    var random = new SplittableRandom(seed);
    var scratches = new HashMap<Integer, PickerScratch>();
    int[] sizes = {1, 2, 63, 64, 65, 640, 1_000, 5_000};
    int faults = 0;
    for (int round = 0; round < 1_500; round++) {
      int vocabulary = sizes[random.nextInt(sizes.length)];
      Case any = any(random, vocabulary);
      // One scratch for all of a size: nothing of an earlier choice may shine through.
      PickerScratch scratch = scratches.computeIfAbsent(vocabulary, size -> new PickerScratch(size, weigher));
      int expected = wholeRow(any);
      if (expected == FAULT) faults++;
      assertEquals(expected, bySpans(any, scratch), "round " + round + ": " + any.sampling + " " + any.adjustments);
    }
    assertEquals(true, faults > 10, "rows that are no numbers occur");
  }

  private static Case any(SplittableRandom random, int vocabulary) {
    float[] row = new float[vocabulary];
    float width = new float[] {0.01f, 1f, 8f, 60f}[random.nextInt(4)];
    for (int i = 0; i < vocabulary; i++) row[i] = (float) (width * (random.nextDouble() + random.nextDouble() + random.nextDouble() - 1.5));
    if (random.nextInt(3) == 0) for (int i = 0; i < vocabulary; i++) row[i] = Math.round(row[i]); // ties
    if (random.nextInt(4) == 0) for (int i = 0; i < 3; i++) row[random.nextInt(vocabulary)] += 3 * width; // few stand out
    if (random.nextInt(8) == 0) Arrays.fill(row, random.nextInt(2) == 0 ? 0f : -0f);
    if (random.nextInt(10) == 0) row[random.nextInt(vocabulary)] = Float.NaN;
    if (random.nextInt(10) == 0) row[random.nextInt(vocabulary)] = Float.POSITIVE_INFINITY;
    if (random.nextInt(10) == 0) row[random.nextInt(vocabulary)] = Float.NEGATIVE_INFINITY;
    if (random.nextInt(10) == 0) row[random.nextInt(vocabulary)] = Float.MAX_VALUE;
    Sampling sampling = random.nextInt(4) == 0 ? new Sampling.Greedy() : drawing(random);
    Map<Integer, Float> bias = new HashMap<>();
    for (int i = random.nextInt(3); i > 0; i--) bias.put(random.nextInt(vocabulary), random.nextInt(201) - 100f);
    LogitAdjustments adjustments =
        random.nextInt(2) == 0
            ? LogitAdjustments.NONE
            : new LogitAdjustments(
                random.nextInt(2) == 0 ? 1f : 0.5f + (float) random.nextDouble(),
                random.nextInt(2) == 0 ? 0f : (float) random.nextDouble(),
                random.nextInt(2) == 0 ? 0f : (float) random.nextDouble(),
                bias);
    int[] ends = random.ints(random.nextInt(3), 0, vocabulary + 2).toArray();
    return new Case(
        row,
        sampling,
        adjustments,
        ends,
        random.nextInt(2) * 100,
        random.ints(random.nextInt(40), 0, vocabulary).toArray(),
        random.ints(random.nextInt(40), 0, vocabulary).toArray());
  }

  private static Sampling drawing(SplittableRandom random) {
    return new Sampling.Random(
        new float[] {1e-4f, 0.3f, 0.8f, 1f, 1.7f}[random.nextInt(5)],
        new int[] {0, 0, 1, 3, 40, 200}[random.nextInt(6)],
        new float[] {1f, 1f, 0.95f, 0.5f, 0.01f}[random.nextInt(5)],
        new float[] {0f, 0f, 0.05f, 0.5f}[random.nextInt(4)],
        random.nextLong());
  }

  private static int bySpans(Case any, PickerScratch scratch) {
    return picked(picker(any, scratch), new ArrayRows(any.row));
  }

  private static TokenPicker picker(Case any, PickerScratch scratch) {
    var picker = new TokenPicker(any.sampling, any.adjustments, any.ends, any.minTokens, scratch);
    picker.prompt(any.prompt, any.prompt.length);
    for (int token : any.output) picker.commit(token);
    return picker;
  }

  private static int picked(TokenPicker picker, LogitRows rows) {
    try {
      return picker.pick(rows, 0);
    } catch (KernelFault fault) {
      return FAULT;
    } catch (IllegalStateException banned) {
      return BANNED;
    }
  }

  /** The law in plain words: adjust, sort, cut, weigh, sum in ascending order of ids. */
  private static int wholeRow(Case any) {
    float[] row = any.row.clone();
    for (float logit : row) if (!Float.isFinite(logit)) return FAULT;
    adjust(any, row);
    List<Integer> order = new ArrayList<>();
    for (int id = 0; id < row.length; id++) if (row[id] > Float.NEGATIVE_INFINITY) order.add(id);
    if (order.isEmpty()) return BANNED;
    order.sort((a, b) -> row[a] != row[b] ? (row[b] > row[a] ? 1 : -1) : a - b);
    if (!(any.sampling instanceof Sampling.Random how)) return order.getFirst();
    float largest = row[order.getFirst()];
    if (how.topK() > 0 && order.size() > how.topK()) order.subList(how.topK(), order.size()).clear();
    float inverse = Math.min(1 / how.temperature(), Float.MAX_VALUE);
    long[] weights = new long[row.length];
    for (int id : order) weights[id] = Weigher.weight(row[id], largest, inverse);
    for (int id : order) if (weights[id] < how.minP() * Weigher.ONE) weights[id] = 0;
    if (how.topP() < 1) {
      long needed = (long) Math.ceil(how.topP() * (double) Arrays.stream(weights).sum());
      order.sort((a, b) -> weights[a] != weights[b] ? Long.compare(weights[b], weights[a]) : a - b);
      long mass = 0;
      for (int id : order) {
        if (mass >= needed) weights[id] = 0;
        mass += weights[id];
      }
    }
    long total = Arrays.stream(weights).sum();
    long target = Math.min((long) (PositionRandom.at(how.seed(), any.output.length) * total), total - 1);
    long sum = 0;
    int token = -1;
    while (sum <= target) sum += weights[++token];
    return token;
  }

  private static void adjust(Case any, float[] row) {
    if (any.output.length < any.minTokens)
      for (int end : any.ends) if (end < row.length) row[end] = Float.NEGATIVE_INFINITY;
    any.adjustments.bias().forEach((id, bias) -> row[id] += bias);
    int[] inPrompt = new int[row.length];
    int[] inOutput = new int[row.length];
    for (int token : any.prompt) inPrompt[token]++;
    for (int token : any.output) inOutput[token]++;
    for (int id = 0; id < row.length; id++) {
      float repetition = any.adjustments.repetition();
      if (repetition != 1f && inPrompt[id] + inOutput[id] > 0)
        row[id] = row[id] > 0 ? Math.min(row[id] / repetition, Float.MAX_VALUE) : row[id] * repetition;
      if (inOutput[id] > 0)
        row[id] -= any.adjustments.frequency() * inOutput[id] + any.adjustments.presence();
    }
  }
}
