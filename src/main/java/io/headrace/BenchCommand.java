package io.headrace;

import io.headrace.bench.BenchResult;
import io.headrace.bench.BenchTable;
import io.headrace.bench.Workbench;
import io.headrace.bench.Workload;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headrace bench}: times the model's passes beside the machine's bandwidth. */
@Command(name = "bench", description = "Times prefill, decoding, batches and rows, beside the memory's bandwidth.", mixinStandardHelpOptions = true)
final class BenchCommand implements Runnable {
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(names = {"-m", "--model"}, paramLabel = "MODEL", description = "As for serve.")
  private @Nullable String model;

  @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads that compute. Default: the physical cores available.")
  private @Nullable String threads;

  @Option(names = "--tier", paramLabel = "TIER", description = "Best instruction set to use: auto, avx512, avx2, scalar or java.")
  private @Nullable String tier;

  @Option(names = "--activations", paramLabel = "WHAT", description = "As for serve.")
  private @Nullable String activations;

  @Option(names = "--json", description = "One line of JSON per result on the output, progress on the error stream.")
  private boolean json;

  @Option(names = "--only", split = ",", paramLabel = "WHAT", description = "Shapes to run: decode, prefill, rows, batch.")
  private Set<String> only = new TreeSet<>();

  @Option(names = "--runs", paramLabel = "N", description = "Rounds; every round runs every shape once. Default: ${DEFAULT-VALUE}.")
  private int runs = 7;

  @Override
  public void run() {
    if (runs < 1) throw new Problem("--runs must be at least 1, was " + runs);
    ServerConfig config = common.read(CommonOptions.flags(Setting.MODEL, model, Setting.THREADS, threads, Setting.TIER, tier, Setting.ACTIVATIONS, activations));
    try (LoadedModel loaded = LoadedModel.load(config, Workbench::blocksNeeded, System.err::println)) {
      List<Workload> loads = loads(loaded.model().card().contextLength());
      try (Workbench bench = new Workbench(loaded.model(), loaded.kernels(), System::nanoTime)) {
        Workbench.Measured measured = bench.run(loads, runs, System.err::println);
        if (json) {
          for (BenchResult result : measured.results()) System.out.println(result.json());
          System.err.print(BenchTable.of(measured));
        } else {
          System.out.print(BenchTable.of(measured));
        }
      }
    }
  }

  private List<Workload> loads(int window) {
    Set<String> known = Set.of("decode", "prefill", "rows", "batch");
    for (String what : only) {
      if (!known.contains(what)) throw new Problem("--only names '%s'; there are decode, prefill, rows and batch".formatted(what));
    }
    List<Workload> loads = Workload.standard(window).stream().filter(load -> only.isEmpty() || only.contains(load.what())).toList();
    if (loads.isEmpty()) throw new Problem("no shape of the bench fits the model's window of %d tokens".formatted(window));
    return loads;
  }
}
