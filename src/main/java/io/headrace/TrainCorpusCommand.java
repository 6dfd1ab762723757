package io.headrace;

import io.headrace.model.DecoderModel;
import io.headrace.train.Corpus;
import io.headrace.train.CorpusSettings;
import io.headrace.train.distil.ChatForm;
import io.headrace.train.distil.CorpusMaker;
import io.headrace.train.distil.PromptFile;
import io.headrace.train.distil.TokenVectors;
import io.headrace.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headrace train corpus}: has the model answer prompts, and keeps the tokens and the states they were chosen from. */
@Command(
    name = "corpus",
    description = "Has a model answer prompts, in batches, and keeps tokens and hidden states. Run it again to go on where it was stopped.",
    mixinStandardHelpOptions = true)
final class TrainCorpusCommand implements Callable<Integer> {
  /** Status of a run that ended before there were as many tokens as were asked for. */
  static final int UNFINISHED = 3;

  @Mixin private CommonOptions common = new CommonOptions();

  @Option(names = {"-m", "--model"}, paramLabel = "MODEL", description = "As for serve.")
  private @Nullable String model;

  @Option(names = "--out", required = true, paramLabel = "FOLDER", description = "Where the corpus is, or will be: about 1.2 kB per token for a hidden size of 576.")
  private Path out = Path.of("");

  @Option(names = "--prompts", paramLabel = "FILE[:FROM-TO]", description = "Prompts, repeatable: JSON lines or a text with one per line.")
  private List<String> prompts = List.of();

  @Option(names = "--held-out", paramLabel = "FILE[:FROM-TO]", description = "Prompts to report on, repeatable; they and what resembles them are not trained on.")
  private List<String> heldOut = List.of();

  @Option(names = "--tokens", paramLabel = "N", description = "Answer tokens to make. Default: ${DEFAULT-VALUE}.")
  private long tokens = 1_000_000;

  @Option(names = "--answer-tokens", paramLabel = "N", description = "Most tokens of an answer. Default: ${DEFAULT-VALUE}.")
  private int answerTokens = 256;

  @Option(names = "--own-share", paramLabel = "SHARE", description = "Share of prompts that the model writes itself, 0 to 1; all, once the files' are used up. Default: ${DEFAULT-VALUE}.")
  private double ownShare = 0.5;

  @Option(names = "--sampled-share", paramLabel = "SHARE", description = "Share of training answers that are drawn instead of greedy, 0 to 1. Default: ${DEFAULT-VALUE}.")
  private double sampledShare = 0;

  @Option(names = "--temperature", paramLabel = "T", description = "At which these are drawn. Default: ${DEFAULT-VALUE}.")
  private double temperature = 0.7;

  @Option(names = "--seed", paramLabel = "N", description = "Fixes prompts, their order and every draw. Default: ${DEFAULT-VALUE}.")
  private long seed = 1;

  @Option(names = "--batch", paramLabel = "N", description = "Sequences in work at once; changes nothing but the speed. Default: ${DEFAULT-VALUE}.")
  private int batch = 32;

  @Option(names = "--seconds", paramLabel = "N", description = "Begins no shard after so long; run again to go on. Default: no limit.")
  private double seconds = Double.POSITIVE_INFINITY;

  @Override
  public Integer call() throws IOException {
    check();
    List<PromptFile> files = prompts.stream().map(PromptFile::read).toList();
    List<PromptFile> held = heldOut.stream().map(PromptFile::read).toList();
    ServerConfig config = common.read(CommonOptions.flags(Setting.MODEL, model));
    AtomicBoolean stop = new AtomicBoolean();
    FoundModel found = FoundModel.of(config);
    try (BenchProgress progress = new BenchProgress();
        LoadedModel loaded =
            LoadedModel.load(
                config,
                found,
                _ -> CorpusMaker.blocks(batch, answerTokens),
                options -> options.withTaps(Set.of(), true).withLimits(Math.max(options.maxRows(), batch), batch, batch),
                progress::line)) {
      if (!(loaded.model() instanceof DecoderModel decoder)) throw new IllegalStateException("a model without hidden states");
      Corpus corpus = Corpus.begin(out, settings(decoder, loaded.name(), files, held));
      try (WeightFile file = WeightFile.open(found.path())) {
        TokenVectors.write(file, out);
      }
      try (Interruption _ = new Interruption(stop)) {
        return make(corpus, decoder, new ChatForm(loaded.tokenizer(), loaded.template(null, ChatForm.DAY)), files, held, stop, progress);
      }
    }
  }

  private int make(
      Corpus corpus, DecoderModel decoder, ChatForm form, List<PromptFile> files, List<PromptFile> held, AtomicBoolean stop, BenchProgress progress)
      throws IOException {
    long begun = System.nanoTime();
    long[] written = new long[1];
    CorpusMaker maker =
        new CorpusMaker(
            corpus,
            decoder,
            form,
            files,
            held,
            batch,
            stop::get,
            line -> progress.line("%s; %s".formatted(line, rate(written[0], begun))),
            more -> {
              long before = written[0] / 2048;
              written[0] += more;
              if (written[0] / 2048 != before) progress.say("writing: %d tokens, %s".formatted(written[0], rate(written[0], begun)));
            });
    CorpusMaker.Outcome outcome = maker.run(tokens, () -> stop.get() || elapsed(begun) >= seconds);
    progress.line(
        "%d of %d tokens for training in %d answers, %d tokens of answers to held-out prompts; %d prompts left out in this run; %s"
            .formatted(outcome.tokens(), tokens, outcome.sequences(), outcome.reportTokens(), outcome.leftOut(), rate(written[0], begun)));
    if (outcome.complete() && outcome.tokens() < tokens) progress.line("The prompts are used up and --own-share is 0, so there will be no more tokens.");
    if (!outcome.complete()) progress.line("Run the same command again to go on.");
    return outcome.complete() ? 0 : UNFINISHED;
  }

  private static double elapsed(long begun) {
    return (System.nanoTime() - begun) / 1e9;
  }

  private static String rate(long tokens, long begun) {
    return String.format(Locale.ROOT, "%.0f tokens/s over %.0f s", tokens / elapsed(begun), elapsed(begun));
  }

  private void check() {
    CommonOptions.atLeast("--tokens", 1, tokens);
    if (answerTokens < 1 || answerTokens > 4096) throw new Problem("--answer-tokens must be 1 to 4096, was " + answerTokens);
    if (!(ownShare >= 0 && ownShare <= 1)) throw new Problem("--own-share must be between 0 and 1, was " + ownShare);
    if (!(sampledShare >= 0 && sampledShare <= 1)) throw new Problem("--sampled-share must be between 0 and 1, was " + sampledShare);
    if (!(temperature > 0 && temperature <= 2)) throw new Problem("--temperature must be above 0 and at most 2, was " + temperature);
    if (batch < 1 || batch > 256) throw new Problem("--batch must be 1 to 256, was " + batch);
    if (!(seconds > 0)) throw new Problem("--seconds must be above 0, was " + seconds);
    if (prompts.isEmpty() && ownShare == 0) throw new Problem("no prompts: give --prompts, or an --own-share above 0");
  }

  private CorpusSettings settings(DecoderModel decoder, String name, List<PromptFile> files, List<PromptFile> held) {
    return new CorpusSettings(
        CorpusSettings.FORMAT,
        name,
        decoder.card().weights(),
        decoder.card().fingerprint(),
        decoder.card().hiddenSize(),
        decoder.card().vocabulary(),
        seed,
        answerTokens,
        ownShare,
        sampledShare,
        temperature,
        files.stream().map(PromptFile::source).toList(),
        held.stream().map(PromptFile::source).toList());
  }
}
