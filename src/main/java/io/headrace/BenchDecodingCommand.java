package io.headrace;

import io.headrace.bench.DecodingPair;
import io.headrace.bench.DecodingReport;
import io.headrace.bench.DecodingTable;
import io.headrace.bench.ProcessorShare;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.DecodingForm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headrace bench decoding}: what drafting brings on given prompts, against plain decoding of the same prompts. */
@Command(
    name = "decoding",
    description = "Decodes prompts plainly and with every strategy in turn: tokens a pass, overhead, and the time both took.",
    mixinStandardHelpOptions = true)
final class BenchDecodingCommand implements Runnable {
  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private FigureOutput output = new FigureOutput();

  @Option(names = {"-m", "--model"}, paramLabel = "MODEL", description = "As for serve.")
  private @Nullable String model;

  @Option(names = "--companions", paramLabel = "NAME=MODEL", description = "As for serve.")
  private @Nullable String companions;

  @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads that compute. Default: the physical cores available.")
  private @Nullable String threads;

  @Option(names = "--prompts", required = true, split = ",", paramLabel = "FILE", description = "Prompts, one a line, as text or as JSON with text, messages, turns, prompt, question or instruction; each file is a workload.")
  private List<Path> files = List.of();

  @Option(names = "--strategy", paramLabel = "HOW", description = "A way to decode, such as ngram or ngram,most_drafted=4; given more than once, they take turns. With plain/ngram/auto the prompts take turns, so that a batch is a mixture. Default: ngram and auto.")
  private List<String> strategies = List.of("ngram", "auto");

  @Option(names = "--skip", paramLabel = "N", description = "Prompts of each file to leave out at its beginning. Default: ${DEFAULT-VALUE}.")
  private int skip = 0;

  @Option(names = "--first", paramLabel = "N", description = "Prompts of each file to take then. Default: all.")
  private int first = Integer.MAX_VALUE;

  @Option(names = "--batch", paramLabel = "N", description = "Prompts that are decoded at once. Default: ${DEFAULT-VALUE}.")
  private int batch = 1;

  @Option(names = "--max-tokens", paramLabel = "N", description = "Most tokens of an output. Default: ${DEFAULT-VALUE}.")
  private int maxTokens = 160;

  @Option(names = "--temperature", paramLabel = "T", description = "0 to 2; 0 always takes the most probable token. Default: ${DEFAULT-VALUE}.")
  private float temperature = 0;

  @Option(names = "--seed", paramLabel = "N", description = "Of the first prompt; every prompt has its own. Default: ${DEFAULT-VALUE}.")
  private long seed = 1;

  @Option(names = "--runs", paramLabel = "N", description = "Rounds over all prompts. Default: ${DEFAULT-VALUE}.")
  private int runs = 1;

  @Override
  public void run() {
    check();
    List<DecodingRounds.Way> ways = ways();
    List<BenchPrompts> workloads = files.stream().map(file -> BenchPrompts.read(file, skip, first)).toList();
    AtomicBoolean stop = new AtomicBoolean();
    ServerConfig config = common.read(CommonOptions.flags(Setting.MODEL, model, Setting.COMPANIONS, companions, Setting.THREADS, threads));
    try (BenchProgress progress = new BenchProgress();
        Assembly assembly = Assembly.load(config, progress::line);
        Interruption _ = new Interruption(stop)) {
      assembly.readDrafters();
      var drawing = new DecodingRounds.Drawing(maxTokens, temperature, seed);
      var rounds = new DecodingRounds(assembly.desk(), drawing, batch, stop::get, progress::say);
      ProcessorShare share = new ProcessorShare();
      List<DecodingPair> pairs = rounds.run(workloads, ways, runs);
      String subject = "%s, temperature %s, up to %d tokens".formatted(assembly.modelName(), String.format(Locale.ROOT, "%.1f", temperature), maxTokens);
      progress.clear();
      DecodingReport report = new DecodingReport(subject, batch, pairs, share.foreign());
      output.print(DecodingTable.of(report), report.lines());
    }
  }

  private void check() {
    CommonOptions.atLeast("--runs", 1, runs);
    CommonOptions.atLeast("--batch", 1, batch);
    CommonOptions.atLeast("--max-tokens", 2, maxTokens);
    CommonOptions.atLeast("--skip", 0, skip);
    CommonOptions.atLeast("--first", 1, first);
    if (!(temperature >= 0 && temperature <= 2)) throw new Problem("--temperature must be between 0 and 2, was " + temperature);
  }

  private List<DecodingRounds.Way> ways() {
    List<DecodingRounds.Way> ways = new ArrayList<>();
    for (String text : strategies) {
      try {
        List<DecodingChoice> choices = new ArrayList<>();
        for (String each : text.split("/", -1)) choices.add(DecodingForm.parse(each));
        ways.add(new DecodingRounds.Way(text.strip(), choices));
      } catch (DecodingForm.Wrong wrong) {
        throw new Problem("--strategy: " + wrong.getMessage());
      }
    }
    return ways;
  }
}
