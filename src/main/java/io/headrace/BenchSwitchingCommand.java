package io.headrace;

import io.headrace.bench.LockStep;
import io.headrace.bench.SwitchTrace;
import io.headrace.bench.TextTable;
import io.headrace.decode.EntropySwitch;
import io.headrace.generation.DecodingChoice;
import io.headrace.model.Model;
import io.headrace.train.CorpusException;
import io.headrace.train.distil.ChatForm;
import io.headrace.train.distil.PromptFile;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headrace bench switching}: what is lost and what is saved where a companion takes turns with the served model. */
@Command(
    name = "switching",
    description = "Follows the served model's greedy answers with a companion beside it, and tells for every threshold of 'entropy' how near the two keep to it.",
    mixinStandardHelpOptions = true)
final class BenchSwitchingCommand implements Runnable {
  private static final int MOST_PROMPT_TOKENS = 512;

  @Mixin private CommonOptions common = new CommonOptions();

  @Option(names = {"-m", "--model"}, paramLabel = "MODEL", description = "As for serve.")
  private @Nullable String model;

  @Option(names = "--companions", required = true, paramLabel = "NAME=MODEL", description = "As for serve; one.")
  private @Nullable String companions;

  @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads that compute. Default: the physical cores available.")
  private @Nullable String threads;

  @Option(names = "--prompts", required = true, paramLabel = "FILE[:FROM-TO]", description = "Prompts, repeatable: JSON lines or a text with one per line.")
  private List<String> files = List.of();

  @Option(names = "--first", paramLabel = "N", description = "Prompts of each file to take. Default: ${DEFAULT-VALUE}.")
  private int first = 20;

  @Option(names = "--max-tokens", paramLabel = "N", description = "Most tokens of an answer. Default: ${DEFAULT-VALUE}.")
  private int maxTokens = 128;

  @Option(names = "--thresholds", split = ",", paramLabel = "BITS", description = "Thresholds to play. Default: 0.5,1,1.5,2,2.5,3,4.")
  private List<Double> thresholds = List.of(0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0);

  @Option(names = "--window", paramLabel = "N", description = "As the option of entropy. Default: ${DEFAULT-VALUE}.")
  private int window = DecodingChoice.Entropy.DEFAULT.window();

  @Option(names = "--dwell", paramLabel = "N", description = "As the option of entropy. Default: ${DEFAULT-VALUE}.")
  private int dwell = DecodingChoice.Entropy.DEFAULT.dwell();

  @Option(names = "--hysteresis", paramLabel = "SHARE", description = "As the option of entropy. Default: ${DEFAULT-VALUE}.")
  private double hysteresis = DecodingChoice.Entropy.DEFAULT.hysteresis();

  @Override
  public void run() {
    List<EntropySwitch> rules = rules();
    List<PromptFile> prompts = files.stream().map(BenchSwitchingCommand::read).toList();
    AtomicBoolean stop = new AtomicBoolean();
    ServerConfig config = common.read(CommonOptions.flags(Setting.MODEL, model, Setting.COMPANIONS, companions, Setting.THREADS, threads));
    int blocks = (MOST_PROMPT_TOKENS + maxTokens + Model.BLOCK_TOKENS - 1) / Model.BLOCK_TOKENS;
    try (BenchProgress progress = new BenchProgress();
        LoadedModel loaded = LoadedModel.load(config, FoundModel.of(config), _ -> blocks, progress::line);
        Interruption _ = new Interruption(stop)) {
      if (loaded.companions().size() != 1) throw new Problem("--companions must name one model, not " + loaded.companions().size());
      for (PromptFile file : prompts) {
        List<SwitchTrace> traces = follow(file, loaded, stop, progress);
        progress.clear();
        if (traces.stream().anyMatch(trace -> trace.tokens() > 0)) System.out.print(table(file.source().name(), traces, rules));
      }
    }
  }

  private List<EntropySwitch> rules() {
    CommonOptions.atLeast("--first", 1, first);
    if (maxTokens < 1 || maxTokens > 4096) throw new Problem("--max-tokens must be 1 to 4096, was " + maxTokens);
    List<EntropySwitch> rules = new ArrayList<>();
    try {
      for (double threshold : thresholds) {
        DecodingChoice.Entropy choice = new DecodingChoice.Entropy("", threshold, window, dwell, hysteresis, true);
        rules.add(new EntropySwitch(choice.threshold(), choice.dwell(), choice.hysteresis()));
      }
    } catch (IllegalArgumentException wrong) {
      throw new Problem("--thresholds, --window, --dwell or --hysteresis: " + wrong.getMessage());
    }
    return rules;
  }

  private static PromptFile read(String name) {
    try {
      return PromptFile.read(name);
    } catch (CorpusException unreadable) {
      throw new Problem("--prompts: " + unreadable.getMessage());
    }
  }

  private List<SwitchTrace> follow(PromptFile file, LoadedModel loaded, AtomicBoolean stop, BenchProgress progress) {
    ChatForm form = new ChatForm(loaded.tokenizer(), loaded.template(null, ChatForm.DAY));
    LockStep both = new LockStep(loaded.model(), loaded.companions().getFirst().model(), maxTokens, System::nanoTime);
    List<SwitchTrace> traces = new ArrayList<>();
    int most = Math.min(first, file.prompts().size());
    for (int i = 0; i < most && !stop.get(); i++) {
      progress.say("%s: answer %d of %d".formatted(file.source().name(), i + 1, most));
      int[] prompt = form.asked(file.prompts().get(i));
      if (prompt.length <= MOST_PROMPT_TOKENS) traces.add(both.follow(prompt, form.ends()));
    }
    return traces;
  }

  private String table(String name, List<SwitchTrace> traces, List<EntropySwitch> rules) {
    int tokens = traces.stream().mapToInt(SwitchTrace::tokens).sum();
    TextTable table = new TextTable();
    table.line("%s: %d answers, %d tokens, window %d, dwell %d, hysteresis %.2f", name, traces.size(), tokens, window, dwell, hysteresis);
    table.line("%9s %7s %9s %10s %10s %9s %10s %11s", "threshold", "share", "switches", "KL, nats", "by lot", "agreement", "by lot", "passes' time");
    for (EntropySwitch rule : rules) {
      SwitchSweep row = SwitchSweep.of(traces, rule, window);
      table.line(
          "%9.2f %6.1f%% %9.1f %10.4f %10.4f %8.1f%% %9.1f%% %11.2f",
          row.threshold(), 100 * row.share(), row.switches(), row.divergence(), row.randomDivergence(), 100 * row.agreement(), 100 * row.randomAgreement(), row.time());
    }
    return table.toString();
  }
}
