package io.headrace.bench;

import io.headrace.model.ForwardBatch;
import io.headrace.model.LogitRows;
import io.headrace.model.Model;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.ReadProbe;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Times workloads on a model, interleaved, with the bandwidth beside them. Thread: the model's engine thread. */
public final class Workbench implements AutoCloseable {
  /** Tokens of one timed run of decoding. */
  static final int DECODE_TOKENS = 32;

  /** Memory read for the bandwidth figure: more than any cache holds. */
  private static final long PROBE_BYTES = 512L << 20;

  private final Model model;
  private final Kernels kernels;
  private final LongSupplier nanoClock;
  private final ForwardBatch batch;
  private final ReadProbe probe;
  private final int blocksPerSequence;
  private final int[] tokens;

  /** Blocks a model must have for {@link Workload#standard}: the deepest sequence, or 32 of depth 256. */
  public static int blocksNeeded(int window) {
    int deepest = Math.ceilDiv(Math.min(window, 2048 + 256), Model.BLOCK_TOKENS);
    return Math.max(deepest, 32 * Math.ceilDiv(256 + DECODE_TOKENS, Model.BLOCK_TOKENS)) + 2;
  }

  public Workbench(Model model, Kernels kernels, LongSupplier nanoClock) {
    this.model = model;
    this.kernels = kernels;
    this.nanoClock = nanoClock;
    this.batch = model.newBatch();
    this.probe = kernels.openReadProbe(PROBE_BYTES);
    this.blocksPerSequence = Math.ceilDiv(256 + DECODE_TOKENS, Model.BLOCK_TOKENS);
    this.tokens = new SplittableRandom(7).ints(1 << 14, 0, model.card().vocabulary()).toArray();
  }

  /**
   * Times every workload {@code runs} times, in turn.
   *
   * @param progress told once a round
   */
  public Measured run(List<Workload> loads, int runs, Consumer<String> progress) {
    double[][] values = new double[loads.size()][runs];
    double[] bandwidth = new double[runs];
    ProcessorShare share = new ProcessorShare();
    for (int i = 0; i < loads.size(); i++) time(loads.get(i)); // warm-up, not counted
    for (int round = 0; round < runs; round++) {
      bandwidth[round] = bandwidth();
      for (int i = 0; i < loads.size(); i++) values[i][round] = time(loads.get(i));
      progress.accept("round %d of %d".formatted(round + 1, runs));
    }
    double peak = integerPeak();
    double median = BenchResult.percentile(bandwidth, 0.5);
    List<BenchResult> results = new ArrayList<>();
    for (int i = 0; i < loads.size(); i++) {
      Workload load = loads.get(i);
      double value = BenchResult.percentile(values[i], 0.5);
      results.add(BenchResult.of(load, unit(load), values[i], median, shareOfBandwidth(load, value, median)));
    }
    return new Measured(results, median, peak, share.foreign());
  }

  /**
   * Results of one run of the bench.
   *
   * @param bandwidthGBs median read bandwidth, all threads
   * @param peakTops int8 multiply-adds in registers, 10^12 operations a second
   * @param foreign share of the processors that other processes took
   */
  public record Measured(
      List<BenchResult> results, double bandwidthGBs, double peakTops, OptionalDouble foreign) {}

  private static String unit(Workload load) {
    return load instanceof Workload.Rows ? "ms" : "tok/s";
  }

  private double shareOfBandwidth(Workload load, double value, double bandwidthGBs) {
    long context = load.depth() + DECODE_TOKENS / 2;
    double passesPerSecond =
        switch (load) {
          case Workload.Decode _ -> value;
          case Workload.Batch b -> value / b.n();
          case Workload.Rows _ -> 1000 / value;
          case Workload.Prefill _ -> Double.NaN;
        };
    long sequences = load instanceof Workload.Batch b ? b.n() : 1;
    if (load instanceof Workload.Rows) context = load.depth();
    double bytes = model.card().weightBytes() + (double) sequences * context * model.card().kvBytesPerToken();
    return passesPerSecond * bytes / 1e9 / bandwidthGBs;
  }

  private double time(Workload load) {
    return switch (load) {
      case Workload.Decode(int depth) -> {
        fill(0, depth);
        yield DECODE_TOKENS / seconds(() -> steps(1, depth, DECODE_TOKENS));
      }
      case Workload.Prefill(int n) -> n / seconds(() -> fill(0, n));
      case Workload.Rows(int n, int depth) -> {
        fill(0, depth);
        int passes = 8;
        yield seconds(
                () -> {
                  for (int i = 0; i < passes; i++) rows(n, depth);
                })
            * 1000
            / passes;
      }
      case Workload.Batch(int n, int depth) -> {
        for (int s = 0; s < n; s++) fill(s, depth);
        yield n * (double) DECODE_TOKENS / seconds(() -> steps(n, depth, DECODE_TOKENS));
      }
    };
  }

  private double seconds(Runnable work) {
    long begun = nanoClock.getAsLong();
    work.run();
    return (nanoClock.getAsLong() - begun) / 1e9;
  }

  /** Computes the first {@code count} tokens of a sequence, the last one's logits included. */
  private void fill(int sequence, int count) {
    int[] table = table(sequence, count);
    for (int done = 0; done < count; ) {
      int chunk = Math.min(batch.maxRows(), count - done);
      batch.clear();
      batch.addChain(table, table.length, done, tokens, done, chunk, done + chunk == count ? 1 : 0);
      model.forward(batch);
      done += chunk;
    }
  }

  private void steps(int sequences, int depth, int count) {
    int[][] tables = new int[sequences][];
    for (int s = 0; s < sequences; s++) tables[s] = table(s, depth + count);
    int[] next = new int[sequences];
    for (int i = 0; i < count; i++) {
      batch.clear();
      for (int s = 0; s < sequences; s++) batch.addChain(tables[s], tables[s].length, depth + i, next, s, 1, 1);
      LogitRows rows = model.forward(batch);
      for (int s = 0; s < sequences; s++) next[s] = Math.max(0, rows.argmax(s));
    }
  }

  private void rows(int n, int depth) {
    int[] table = table(0, depth + n);
    batch.clear();
    batch.addChain(table, table.length, depth, tokens, 0, n, n);
    model.forward(batch);
  }

  /** The first sequence may use all blocks; several lie side by side. */
  private int[] table(int sequence, int tokenCount) {
    int blocks = Math.ceilDiv(Math.max(1, tokenCount), Model.BLOCK_TOKENS);
    int[] table = new int[blocks];
    for (int i = 0; i < blocks; i++) table[i] = sequence * blocksPerSequence + i;
    return table;
  }

  private double bandwidth() {
    return probe.bytes() / 1e9 / seconds(probe::read);
  }

  private double integerPeak() {
    long rounds = 20_000;
    long begun = nanoClock.getAsLong();
    long operations = kernels.integerPeak(rounds);
    return operations / ((nanoClock.getAsLong() - begun) / 1e9) / 1e12;
  }

  @Override
  public void close() {
    probe.close();
  }
}
