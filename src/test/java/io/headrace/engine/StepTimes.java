package io.headrace.engine;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.RequestId;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import io.headrace.generation.TokenIds;
import io.headrace.model.DecoderModel;
import io.headrace.model.LoadOptions;
import io.headrace.model.LoadProgress;
import io.headrace.model.Models;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.Tier;
import io.headrace.testing.Engines;
import io.headrace.weights.WeightFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Prints what lies between the passes of a running engine, and what a long prompt does to streams:
 * {@code java ... io.headrace.engine.StepTimes MODEL.gguf LIBRARY.so [greedy|random|temperature|nucleus]}.
 */
final class StepTimes {
  private StepTimes() {}

  public static void main(String[] args) throws Exception {
    String kind = args.length > 2 ? args[2] : "greedy";
    Path folder = Files.createTempDirectory("step-times");
    try (Kernels kernels =
            Kernels.open(
                new KernelsOptions(2, true, Optional.of(Tier.AVX512), 4_000, Optional.of(Path.of(args[1])), folder));
        WeightFile file = WeightFile.open(Path.of(args[0]));
        DecoderModel model = Models.load(file, kernels, LoadOptions.withBlocks(2_000), LoadProgress.IGNORED)) {
      System.out.println(kernels.describe());
      for (int streams : new int[] {1, 1, 8, 32}) between(model, streams, kind);
      for (double stretch : new double[] {2, 4, 1_000}) mixed(model, stretch);
    }
  }

  private static void between(DecoderModel model, int streams, String kind) throws Exception {
    try (Engine engine = Engines.of(model, EngineOptions.defaults(Set.of()))) {
      List<Thread> readers = new ArrayList<>();
      for (int i = 0; i < streams; i++) {
        int[] prompt = new SplittableRandom(i).ints(16, 0, 40_000).toArray();
        Sampling sampling = sampling(kind, i);
        Outbox outbox = engine.submit(request("s" + i, prompt, 300, sampling));
        readers.add(Thread.ofVirtual().start(() -> gaps(outbox)));
      }
      for (Thread reader : readers) reader.join();
      EngineSnapshot all = engine.snapshot();
      StepHistogram gap = all.betweenMicros();
      System.out.printf(
          "%2d streams: step %.2f ms, between passes mean %.1f us, last %.1f us, by bound %s %s%n",
          streams,
          all.stepMicros().sumMicros() / 1e3 / all.steps(),
          (double) gap.sumMicros() / gap.count(),
          all.betweenMeanNanos() / 1e3,
          gap.boundsMicros(),
          gap.counts());
    }
  }

  private static Sampling sampling(String kind, long seed) {
    return switch (kind) {
      case "random" -> new Sampling.Random(0.8f, 40, 0.95f, 0, seed);
      case "temperature" -> new Sampling.Random(0.8f, 0, 1, 0, seed);
      case "nucleus" -> new Sampling.Random(0.8f, 0, 0.95f, 0, seed);
      default -> new Sampling.Greedy();
    };
  }

  /** Four streams; after a while a prompt of 1,500 tokens. */
  private static void mixed(DecoderModel model, double stretch) throws Exception {
    try (Engine engine = Engines.of(model, EngineOptions.defaults(Set.of()).withStreamStretch(stretch))) {
      List<List<Long>> gaps = new ArrayList<>();
      List<Thread> readers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Outbox outbox =
            engine.submit(request("s" + i, new SplittableRandom(i).ints(16, 0, 40_000).toArray(), 500, new Sampling.Greedy()));
        readers.add(Thread.ofVirtual().start(() -> {
          List<Long> mine = gaps(outbox);
          synchronized (gaps) {
            gaps.add(mine);
          }
        }));
      }
      Thread.sleep(600);
      long begun = System.nanoTime();
      Outbox prompt =
          engine.submit(request("long", new SplittableRandom(9).ints(1_500, 0, 40_000).toArray(), 1, new Sampling.Greedy()));
      gaps(prompt);
      double prefill = (System.nanoTime() - begun) / 1e6;
      for (Thread reader : readers) reader.join();
      long[] all = gaps.stream().flatMap(List::stream).mapToLong(Long::longValue).sorted().toArray();
      System.out.printf(
          "stretch %.0f: prompt of 1500 in %.0f ms beside 4 streams; their gaps p50 %.2f p90 %.2f p99 %.2f max %.2f ms%n",
          stretch, prefill, all[all.length / 2] / 1e6, all[all.length * 9 / 10] / 1e6, all[all.length * 99 / 100] / 1e6, all[all.length - 1] / 1e6);
    }
  }

  private static List<Long> gaps(Outbox outbox) {
    List<Long> gaps = new ArrayList<>();
    long before = 0;
    try {
      while (!outbox.ended()) {
        if (!(outbox.take() instanceof GenerationEvent.Committed)) continue;
        long now = System.nanoTime();
        if (before != 0) gaps.add(now - before);
        before = now;
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
    return gaps;
  }

  private static GenerationRequest request(String id, int[] prompt, int output, Sampling sampling) {
    return new GenerationRequest(
        new RequestId(id),
        TokenIds.of(Arrays.copyOf(prompt, prompt.length)),
        output,
        sampling,
        LogitAdjustments.NONE,
        new StopRule(List.of(), Set.of(), true, 0, false),
        -1,
        -1,
        new DecodingChoice.Plain(),
        "");
  }
}
