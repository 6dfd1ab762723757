package io.headrace;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.DecodingRecord;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.ModelTokens;
import io.headrace.generation.StopRule;
import io.headrace.generation.Strategy;
import io.headrace.generation.Timings;
import io.headrace.intake.Answer;
import io.headrace.intake.CascadeRecord;
import io.headrace.intake.FrontDesk;
import io.headrace.intake.GenerationCall;
import io.headrace.intake.GenerationPiece;
import io.headrace.intake.LiveGeneration;
import io.headrace.intake.Prompt;
import io.headrace.intake.Rejection;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code headrace run}: a chat in the terminal, or one answer when a question is given or piped in. */
@Command(name = "run", description = "Talks with a model in the terminal.", mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @Mixin private CommonOptions common = new CommonOptions();

  @Option(names = {"-m", "--model"}, paramLabel = "MODEL", description = "As for serve.")
  private @Nullable String model;

  @Option(names = "--companions", paramLabel = "NAME=MODEL", description = "As for serve.")
  private @Nullable String companions;

  @Option(names = "--system", paramLabel = "TEXT", description = "System prompt. Default: the model's own.")
  private @Nullable String system;

  @Option(names = "--temperature", paramLabel = "T", description = "0 to 2; 0 always takes the most probable token. Default: ${DEFAULT-VALUE}.")
  private float temperature = 0.7f;

  @Option(names = "--seed", paramLabel = "N", description = "Fixes every draw.")
  private @Nullable Long seed;

  @Option(names = "--max-tokens", paramLabel = "N", description = "Most tokens of an answer. Default: ${DEFAULT-VALUE}.")
  private int maxTokens = 1024;

  @Option(names = "--decoding", paramLabel = "HOW", description = "plain, ngram, medusa, specdec, auto, or with options, such as ngram,most_drafted=4. Default: the configuration's.")
  private @Nullable String decoding;

  @Parameters(arity = "0..*", paramLabel = "QUESTION", description = "Asks once and ends.")
  private List<String> question = List.of();

  private final List<Map<String, Object>> messages = new ArrayList<>();

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (!(temperature >= 0 && temperature <= 2)) throw new Problem("--temperature must be between 0 and 2, was " + temperature);
    CommonOptions.atLeast("--max-tokens", 1, maxTokens);
    PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);
    ServerConfig config = common.read(CommonOptions.flags(Setting.MODEL, model, Setting.COMPANIONS, companions, Setting.DECODING, decoding));
    try (Assembly assembly = Assembly.load(config, System.err::println)) {
      if (config.decoding() instanceof DecodingChoice.Auto) assembly.readDrafters();
      if (!question.isEmpty()) return ask(assembly.desk(), String.join(" ", question), out) ? 0 : 1;
      return converse(assembly.desk(), out);
    }
  }

  private int converse(FrontDesk desk, PrintStream out) throws IOException, InterruptedException {
    boolean terminal = System.console() != null && System.console().isTerminal();
    if (terminal) System.err.println("Ask something. /new forgets the conversation, /exit or Ctrl-D ends.");
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (true) {
      if (terminal) System.err.print("> ");
      String line = in.readLine();
      if (line == null || line.strip().equals("/exit")) return 0;
      if (line.isBlank()) continue;
      if (line.strip().equals("/new")) {
        messages.clear();
      } else if (line.startsWith("/")) {
        System.err.println("There is no command " + line.strip() + "; there are /new and /exit.");
      } else {
        ask(desk, line, out);
      }
    }
  }

  /** Asks and prints the answer as it comes; false when there was none. */
  private boolean ask(FrontDesk desk, String text, PrintStream out) throws InterruptedException {
    if (messages.isEmpty() && system != null) messages.add(Map.of("role", "system", "content", system));
    messages.add(Map.of("role", "user", "content", text));
    StringBuilder answer = new StringBuilder();
    switch (desk.submit(request())) {
      case Answer.Refused<LiveGeneration>(Rejection why) -> System.err.println(why.message());
      case Answer.Given<LiveGeneration>(LiveGeneration live) -> {
        try (live) {
          if (print(live, answer, out)) {
            messages.add(Map.of("role", "assistant", "content", answer.toString()));
            return true;
          }
        }
      }
    }
    messages.removeLast();
    return false;
  }

  private boolean print(LiveGeneration live, StringBuilder answer, PrintStream out) throws InterruptedException {
    while (true) {
      GenerationPiece piece = live.choices().getFirst().next(PATIENCE);
      switch (piece) {
        case null -> {}
        case GenerationPiece.PromptScored _ -> {}
        case GenerationPiece.Text(String text, var _) -> {
          answer.append(text);
          out.print(text);
          out.flush();
        }
        case GenerationPiece.End end -> {
          out.println();
          double seconds = end.timings().decode() / 1e9;
          int tokens = end.counts().generated();
          System.err.printf(
              Locale.ROOT,
              "[%d tokens, %.0f tokens/s%s, first token after %.0f ms]%n",
              tokens,
              seconds > 0 ? (tokens - 1) / seconds : 0,
              drafts(end.timings()) + parts(end.timings()) + cascade(end.cascade()),
              (end.timings().queued() + end.timings().prefill()) / 1e6);
          return true;
        }
        case GenerationPiece.Fault(var failure) -> {
          System.err.println(failure.message());
          return false;
        }
      }
    }
  }

  /** What drafts brought, if any were tested. */
  private static String drafts(Timings timings) {
    DecodingRecord all = timings.decoding().stream().reduce(DecodingRecord.none(Strategy.PLAIN), DecodingRecord::plus);
    if (all.drafted() == 0) return "";
    return String.format(Locale.ROOT, ", %.2f tokens a pass, %d of %d drafted accepted", all.tokensPerPass(), all.accepted(), all.drafted());
  }

  /** Who chose how many tokens, where several models could. */
  private static String parts(Timings timings) {
    StringBuilder parts = new StringBuilder();
    for (ModelTokens model : timings.models()) parts.append(", ").append(model.tokens()).append(" of ").append(model.model());
    return parts.toString();
  }

  /** Who answered a cascade, and what the judge said. */
  private static String cascade(@Nullable CascadeRecord cascade) {
    if (cascade == null) return "";
    return String.format(Locale.ROOT, ", answered by %s after a score of %.3f by %s", cascade.answeredBy(), cascade.score(), cascade.judge().word());
  }

  private GenerationCall request() {
    return new GenerationCall(
        "run",
        null,
        List.of(new Prompt.Chat(List.copyOf(messages), List.of(), true, Map.of())),
        1,
        OptionalInt.of(maxTokens),
        temperature,
        0,
        1f,
        0f,
        seed == null ? OptionalLong.empty() : OptionalLong.of(seed),
        LogitAdjustments.NONE,
        StopRule.END_OF_TEXT,
        -1,
        -1,
        null,
        "");
  }
}
