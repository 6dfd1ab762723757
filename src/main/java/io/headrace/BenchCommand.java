package io.headrace;

import io.headrace.bench.BenchLines;
import io.headrace.bench.BenchReport;
import io.headrace.bench.BenchTable;
import io.headrace.bench.Subject;
import io.headrace.bench.Workbench;
import io.headrace.bench.Workload;
import io.headrace.bench.WorkloadPlan;
import io.headrace.model.LoadOptions;
import io.headrace.store.ModelReference;
import io.headrace.store.ModelStore;
import io.headrace.weights.WeightFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code headrace bench}: by itself, times the model's passes beside what the machine can do. */
@Command(
    name = "bench",
    description = "Times prefill, decoding, batches and rows, beside the memory's bandwidth and the integer peak of the same rounds.",
    mixinStandardHelpOptions = true,
    subcommands = {BenchDecodingCommand.class, BenchStepsCommand.class, BenchSwitchingCommand.class})
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private FigureOutput output = new FigureOutput();

  @Option(names = {"-m", "--model"}, paramLabel = "MODEL", description = "As for serve; given more than once, models take turns.")
  private List<String> models = List.of();

  @Option(names = {"-t", "--threads"}, split = ",", paramLabel = "N", description = "Threads that compute; several, such as 1,2, take turns. Default: the physical cores available.")
  private List<String> threads = List.of();

  @Option(names = "--tier", split = ",", paramLabel = "TIER", description = "Best instruction set to use: auto, avx512, avx2, scalar or java; several take turns.")
  private List<String> tiers = List.of();

  @Option(names = "--activations", split = ",", paramLabel = "WHAT", description = "As for serve; several take turns.")
  private List<String> activations = List.of();

  @Option(names = "--only", split = ",", paramLabel = "WHAT", description = "Shapes to run: decode, prefill, rows, batch.")
  private Set<String> only = new TreeSet<>();

  @Option(names = "--depths", split = ",", paramLabel = "N", description = "Contexts of decode and rows, tokens. Default: 0,2048.")
  private List<Integer> depths = WorkloadPlan.STANDARD.depths();

  @Option(names = "--prefill", split = ",", paramLabel = "N", description = "Lengths of prompts. Default: 128,512,2048.")
  private List<Integer> prefills = WorkloadPlan.STANDARD.prefills();

  @Option(names = "--rows", split = ",", paramLabel = "N", description = "Rows of one sequence in a pass, all logits; also as a factor of one row. Default: 2,4,8,16.")
  private List<Integer> rows = WorkloadPlan.STANDARD.rows();

  @Option(names = "--batches", split = ",", paramLabel = "N", description = "Sequences, one token each a pass. Default: 1,8,32.")
  private List<Integer> batches = WorkloadPlan.STANDARD.batches();

  @Option(names = "--batch-depth", paramLabel = "N", description = "Context of each sequence of a batch. Default: ${DEFAULT-VALUE}.")
  private int batchDepth = WorkloadPlan.STANDARD.batchDepth();

  @Option(names = "--runs", paramLabel = "N", description = "Rounds; every round runs every shape once. Default: ${DEFAULT-VALUE}.")
  private int runs = 7;

  @Option(names = "--history", paramLabel = "TITLE", description = "Adds the figures to the performance history under this title.")
  private @Nullable String history;

  @Option(names = "--history-file", paramLabel = "FILE", description = "Where the history is. Default: ${DEFAULT-VALUE}.")
  private Path historyFile = Path.of("load-tests", "history.jsonl");

  @Option(names = "--on-request", description = "Measures shapes named on the input, such as rows:8@2048, or the word machine; a JSON line each.")
  private boolean onRequest;

  @Override
  public void run() {
    CommonOptions.atLeast("--runs", 1, runs);
    WorkloadPlan plan = plan();
    BenchHistory kept = history == null ? null : new BenchHistory(historyFile);
    List<ServerConfig> configs = configs();
    if (onRequest && configs.size() > 1) throw new Problem("--on-request measures one model in one setting");
    AtomicBoolean stop = new AtomicBoolean();
    Deque<AutoCloseable> open = new ArrayDeque<>();
    try (BenchProgress progress = new BenchProgress()) {
      Workbench bench = new Workbench(System::nanoTime, stop::get, progress::say);
      open.push(bench);
      List<Subject> subjects = new ArrayList<>();
      for (ServerConfig config : configs) subjects.add(add(config, plan, bench, open, progress));
      if (onRequest) {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        new BenchRequests(subjects.getFirst(), bench, in, System.out).serve();
        return;
      }
      try (Interruption _ = new Interruption(stop)) {
        BenchReport report = bench.run(runs);
        progress.clear();
        output.print(BenchTable.of(report), BenchLines.of(report));
        if (kept != null) kept.append(history, spec.commandLine().getParseResult().originalArgs(), LocalDate.now(), report);
      }
    } catch (IOException broken) {
      throw new Problem("the bench lost its input or output: " + broken.getMessage());
    } finally {
      close(open);
    }
  }

  private WorkloadPlan plan() {
    try {
      return new WorkloadPlan(only, depths, prefills, rows, batches, batchDepth);
    } catch (IllegalArgumentException wrong) {
      throw new Problem(wrong.getMessage());
    }
  }

  /** A configuration for every model with every tier, rounding and count of threads. */
  private List<ServerConfig> configs() {
    List<ServerConfig> configs = new ArrayList<>();
    for (@Nullable String model : orDefault(models)) {
      for (@Nullable String tier : orDefault(tiers)) {
        for (@Nullable String rounding : orDefault(activations)) {
          for (@Nullable String count : orDefault(threads)) {
            configs.add(
                common.read(
                    CommonOptions.flags(
                        Setting.MODEL, model, Setting.TIER, tier, Setting.ACTIVATIONS, rounding, Setting.THREADS, count)));
          }
        }
      }
    }
    return configs;
  }

  private static List<@Nullable String> orDefault(List<String> given) {
    return given.isEmpty() ? Collections.singletonList(null) : new ArrayList<>(given);
  }

  private static Subject add(ServerConfig config, WorkloadPlan plan, Workbench bench, Deque<AutoCloseable> open, BenchProgress progress) {
    int mostRows = Math.min(config.integer(Setting.STEP_TOKENS), LoadOptions.DEFAULT_MAX_WANTED);
    int mostSequences = config.integer(Setting.MAX_SEQUENCES);
    IntFunction<List<Workload>> loads = window -> plan.within(window, mostRows, mostSequences);
    LoadedModel loaded = LoadedModel.load(config, FoundModel.of(config), window -> Workbench.blocksNeeded(loads.apply(window)), progress::line);
    open.push(loaded);
    int window = loaded.model().card().contextLength();
    List<Workload> fitting = loads.apply(window);
    if (fitting.isEmpty()) throw new Problem("no shape of the bench fits the model's window of %d tokens".formatted(window));
    ModelStore store = Assembly.store(config);
    ModelReference reference = store.resolve(config.text(Setting.MODEL));
    try (WeightFile file = WeightFile.open(PullCommand.obtain(store, reference))) {
      Subject subject = new Subject(loaded.name(), loaded.model(), loaded.kernels(), ModelDemand.of(file, loaded.model().card()));
      bench.add(subject, fitting);
      return subject;
    }
  }

  /** Last opened, first closed. */
  private static void close(Deque<AutoCloseable> open) {
    for (AutoCloseable each : open) {
      try {
        each.close();
      } catch (Exception failed) {
        throw new IllegalStateException("a model could not be closed", failed);
      }
    }
  }
}
