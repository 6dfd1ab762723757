package io.headrace.sampling;

import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.Sampling;
import io.headrace.model.LogitRows;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.Tier;
import io.headrace.tensor.Weigher;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Prints how long one choice takes, by kind of sampling: {@code java ... io.headrace.sampling.PickTimes LIBRARY.so [vocabulary
 * [tier]]}; without a library with Java kernels.
 */
final class PickTimes {
  private static final int ROWS = 40;

  private PickTimes() {}

  public static void main(String[] args) {
    int vocabulary = args.length > 1 ? Integer.parseInt(args[1]) : 49_152;
    Tier tier = args.length == 0 ? Tier.JAVA : args.length > 2 ? Tier.valueOf(args[2]) : Tier.AVX512;
    Optional<Path> library = args.length > 0 ? Optional.of(Path.of(args[0])) : Optional.empty();
    Path folder = Path.of(System.getProperty("java.io.tmpdir"));
    try (Kernels kernels = Kernels.open(new KernelsOptions(1, true, Optional.of(tier), 0, library, folder))) {
      System.out.println(kernels.describe());
      all(kernels, vocabulary);
    }
  }

  private static void all(Weigher weigher, int vocabulary) {
    LogitRows[] rows = new LogitRows[ROWS];
    var random = new SplittableRandom(1);
    for (int i = 0; i < ROWS; i++) rows[i] = row(random, vocabulary);
    Sampling greedy = new Sampling.Greedy();
    var penalties = new LogitAdjustments(1.1f, 0.2f, 0.1f, Map.of());
    time(weigher, "greedy", rows, greedy, LogitAdjustments.NONE);
    time(weigher, "greedy, penalties", rows, greedy, penalties);
    time(weigher, "t 0.8, top-k 40, top-p 0.95", rows, random(0.8f, 40, 0.95f, 0), LogitAdjustments.NONE);
    time(weigher, "t 0.8, top-k 40, top-p 0.95, penalties", rows, random(0.8f, 40, 0.95f, 0), penalties);
    time(weigher, "t 0.8, penalties", rows, random(0.8f, 0, 1, 0), penalties);
    time(weigher, "t 1, min-p 0.05", rows, random(1, 0, 1, 0.05f), LogitAdjustments.NONE);
    time(weigher, "t 0.7, top-p 0.9", rows, random(0.7f, 0, 0.9f, 0), LogitAdjustments.NONE);
    time(weigher, "t 1, top-p 0.95", rows, random(1, 0, 0.95f, 0), LogitAdjustments.NONE);
    time(weigher, "t 2, top-p 0.95", rows, random(2, 0, 0.95f, 0), LogitAdjustments.NONE);
    time(weigher, "t 1, top-p 0.95, penalties", rows, random(1, 0, 0.95f, 0), penalties);
    time(weigher, "t 1", rows, random(1, 0, 1, 0), LogitAdjustments.NONE);
  }

  private static Sampling random(float temperature, int topK, float topP, float minP) {
    return new Sampling.Random(temperature, topK, topP, minP, 5);
  }

  /** Shaped as those of a small model: most tokens within a few units of the mean, a few far above. */
  private static LogitRows row(RandomGenerator random, int vocabulary) {
    float[] values = new float[vocabulary];
    for (int i = 0; i < vocabulary; i++) values[i] = (float) (3 * random.nextGaussian());
    for (int i = 0; i < 20; i++) values[random.nextInt(vocabulary)] = 12 + random.nextFloat(5);
    float[] peaks = new float[LogitRows.spans(vocabulary)];
    Arrays.fill(peaks, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < vocabulary; i++)
      peaks[i / LogitRows.SPAN] = Math.max(peaks[i / LogitRows.SPAN], values[i]);
    Arena memory = Arena.global();
    return new Known(values, peaks, memory.allocateFrom(ValueLayout.JAVA_FLOAT, values), memory.allocateFrom(ValueLayout.JAVA_FLOAT, peaks));
  }

  /** Peaks are what the kernels have computed. */
  private record Known(float[] values, float[] known, MemorySegment memory, MemorySegment peaks) implements LogitRows {
    @Override
    public MemorySegment peaks(int row) {
      return peaks;
    }

    @Override
    public int rows() {
      return 1;
    }

    @Override
    public int vocabulary() {
      return values.length;
    }

    @Override
    public void copyRow(int row, float[] out) {
      System.arraycopy(values, 0, out, 0, values.length);
    }

    @Override
    public void copyPeaks(int row, float[] out) {
      System.arraycopy(known, 0, out, 0, known.length);
    }

    @Override
    public void copySpan(int row, int span, float[] out) {
      int first = span * SPAN;
      System.arraycopy(values, first, out, first, Math.min(SPAN, values.length - first));
    }

    @Override
    public MemorySegment values(int row) {
      return memory;
    }

    @Override
    public int argmax(int row) {
      throw new UnsupportedOperationException();
    }
  }

  private static void time(Weigher weigher, String name, LogitRows[] rows, Sampling sampling, LogitAdjustments adjustments) {
    var picker =
        new TokenPicker(sampling, adjustments, new int[0], 0, new PickerScratch(rows[0].vocabulary(), weigher));
    var random = new SplittableRandom(2);
    for (int i = 0; i < 300; i++) picker.commit(random.nextInt(rows[0].vocabulary()));
    long sink = 0;
    double[] micros = new double[21];
    for (int round = -40; round < micros.length; round++) {
      long begun = System.nanoTime();
      for (LogitRows row : rows) sink += picker.pick(row, 0);
      if (round >= 0) micros[round] = (System.nanoTime() - begun) / 1e3 / rows.length;
    }
    Arrays.sort(micros);
    System.out.printf(
        "%-42s least %7.1f us, median %7.1f us, p90 %7.1f us per choice (%d)%n", name, micros[0], micros[10], micros[18], sink % 10);
  }
}
