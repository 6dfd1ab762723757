package io.headrace;

import io.headrace.bench.ProcessorShare;
import io.headrace.bench.StepFigures;
import io.headrace.bench.StepMeter;
import io.headrace.bench.StepReport;
import io.headrace.model.Model;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headrace bench steps}: what the engine does between the passes of its steps. */
@Command(
    name = "steps",
    description = "Decodes sequences together and tells what lies between the passes: time, processor time of the engine's thread, bytes allocated.",
    mixinStandardHelpOptions = true)
final class BenchStepsCommand implements Runnable {
  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private FigureOutput output = new FigureOutput();

  @Option(names = {"-m", "--model"}, paramLabel = "MODEL", description = "As for serve.")
  private @Nullable String model;

  @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads that compute. Default: the physical cores available.")
  private @Nullable String threads;

  @Option(names = "--tier", paramLabel = "TIER", description = "As for serve.")
  private @Nullable String tier;

  @Option(names = "--sequences", split = ",", paramLabel = "N", description = "How many decode together. Default: 1,32.")
  private List<Integer> sequences = List.of(1, 32);

  @Option(names = "--sampling", split = ",", paramLabel = "HOW", description = "greedy, drawn (temperature 0.7, top-k 40, top-p 0.95), nucleus (temperature 0.7, top-p 0.95), penalised (drawn with repetition, frequency, presence and bias). Default: all.")
  private List<String> ways = StepRun.WAYS;

  @Option(names = "--depth", paramLabel = "N", description = "Tokens of each prompt. Default: ${DEFAULT-VALUE}.")
  private int depth = 200;

  @Option(names = "--steps", paramLabel = "N", description = "Steps that count in a round. Default: ${DEFAULT-VALUE}.")
  private int steps = 100;

  @Option(names = "--warm-up", paramLabel = "N", description = "Steps before them that do not. Default: ${DEFAULT-VALUE}.")
  private int warmUp = 20;

  @Option(names = "--runs", paramLabel = "N", description = "Rounds that count, after one that does not. Default: ${DEFAULT-VALUE}.")
  private int runs = 5;

  @Override
  public void run() {
    check();
    AtomicBoolean stop = new AtomicBoolean();
    ServerConfig config = common.read(CommonOptions.flags(Setting.MODEL, model, Setting.TIER, tier, Setting.THREADS, threads));
    int most = sequences.stream().mapToInt(n -> n).max().orElseThrow();
    if (most > config.integer(Setting.MAX_SEQUENCES)) {
      throw new Problem("--sequences may be %d at most, see engine.max-sequences".formatted(config.integer(Setting.MAX_SEQUENCES)));
    }
    int blocks = most * ((depth + StepRun.outputs(warmUp, steps)) / Model.BLOCK_TOKENS + 2) * 5 / 4 + 16;
    try (BenchProgress progress = new BenchProgress();
        LoadedModel loaded = LoadedModel.load(config, FoundModel.of(config), _ -> blocks, progress::line);
        Interruption _ = new Interruption(stop)) {
      int window = loaded.model().card().contextLength();
      if (depth + StepRun.outputs(warmUp, steps) > window) throw new Problem("--depth, --warm-up and --steps exceed the model's window of %d tokens".formatted(window));
      Map<StepRun, List<StepMeter.Gap>> all = new LinkedHashMap<>();
      for (int n : sequences) for (String way : ways) all.put(new StepRun(way, n, depth, warmUp, steps), new ArrayList<>());
      ProcessorShare share = new ProcessorShare();
      for (int round = 0; round <= runs && !stop.get(); round++) {
        if (round == 1) share = new ProcessorShare();
        for (StepRun each : all.keySet()) {
          if (stop.get()) break;
          progress.say("%s: %s, %d sequences".formatted(round == 0 ? "warming up" : "round %d of %d".formatted(round, runs), each.way(), each.sequences()));
          List<StepMeter.Gap> gaps = each.run(loaded.model(), stop::get);
          if (round > 0) all.get(each).addAll(gaps);
        }
      }
      progress.clear();
      List<StepFigures> figures = new ArrayList<>();
      all.forEach((each, gaps) -> figures.add(new StepFigures(each.way(), each.sequences(), gaps)));
      StepReport report = new StepReport(loaded.name(), loaded.kernels(), figures, share.foreign());
      output.print(report.table(), report.lines());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void check() {
    for (int n : sequences) CommonOptions.atLeast("--sequences", 1, n);
    CommonOptions.atLeast("--depth", 1, depth);
    CommonOptions.atLeast("--steps", 1, steps);
    CommonOptions.atLeast("--warm-up", 0, warmUp);
    CommonOptions.atLeast("--runs", 1, runs);
    for (String way : ways) {
      if (!StepRun.WAYS.contains(way)) throw new Problem("--sampling names '%s'; there are %s".formatted(way, String.join(", ", StepRun.WAYS)));
    }
  }
}
