package io.headrace;

import io.headrace.train.Corpus;
import io.headrace.train.HeadsJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headrace train heads}: fits drafting heads to a corpus, in a process of its own that has PyTorch. */
@Command(
    name = "heads",
    description = "Trains drafting heads on a corpus that 'train corpus' made. Run it again to go on where it was stopped.",
    mixinStandardHelpOptions = true)
final class TrainHeadsCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(names = "--corpus", required = true, paramLabel = "FOLDER", description = "What 'train corpus' made.")
  private Path corpus = Path.of("");

  @Option(names = "--out", required = true, paramLabel = "FOLDER", description = "For heads.safetensors, heads.json, the model card and what a stopped run goes on from.")
  private Path out = Path.of("");

  @Option(names = "--kind", paramLabel = "KIND", description = "What a head sees: medusa (the target's state), root (and the certain token), chain (the head before it, and the token before its guess). Default: ${DEFAULT-VALUE}.")
  private String kind = "chain";

  @Option(names = "--heads", paramLabel = "N", description = "Guesses after the certain token. Default: ${DEFAULT-VALUE}.")
  private int heads = 3;

  @Option(names = "--cells", paramLabel = "N", description = "Different blocks; heads beyond share the last one. Default: as many as heads.")
  private int cells = 0;

  @Option(names = "--width", paramLabel = "N", description = "Inner layer of a head; 0: the published block without an output matrix. Default: ${DEFAULT-VALUE}.")
  private int width = 1152;

  @Option(names = "--slice", paramLabel = "N", description = "Tokens that may be guessed, the most frequent ones. Default: ${DEFAULT-VALUE}.")
  private int slice = 8192;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the corpus. Default: ${DEFAULT-VALUE}.")
  private int epochs = 3;

  @Option(names = "--batch", paramLabel = "N", description = "Positions per step. Default: ${DEFAULT-VALUE}.")
  private int batch = 1024;

  @Option(names = "--rate", paramLabel = "R", description = "Learning rate at its height. Default: ${DEFAULT-VALUE}.")
  private double rate = 1e-3;

  @Option(names = "--decay", paramLabel = "D", description = "Weight decay. Default: ${DEFAULT-VALUE}.")
  private double decay = 0.01;

  @Option(names = "--loss-decay", paramLabel = "D", description = "Weight of each head's loss as a share of the one before. Default: ${DEFAULT-VALUE}.")
  private double lossDecay = 0.8;

  @Option(names = "--soft", paramLabel = "SHARE", description = "Share of the target's own distribution in labels, 0 to 1. Default: ${DEFAULT-VALUE}.")
  private double soft = 0.5;

  @Option(names = "--rows", paramLabel = "N", description = "Tokens of the corpus to train on at most. Default: all there are.")
  private long rows = Long.MAX_VALUE;

  @Option(names = "--seed", paramLabel = "N", description = "Fixes initial weights and order. Default: ${DEFAULT-VALUE}.")
  private long seed = 1;

  @Option(names = "--seconds", paramLabel = "N", description = "Stops after so long; run again to go on. Default: no limit.")
  private double seconds = Double.POSITIVE_INFINITY;

  @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads of PyTorch; 0: its own choice. Default: ${DEFAULT-VALUE}.")
  private int threads = 0;

  @Option(names = "--trainer", paramLabel = "FOLDER", description = "Where the trainer was built. Default: target/train of this checkout.")
  private @Nullable Path trainer;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (!(seconds > 0)) throw new Problem("--seconds must be above 0, was " + seconds);
    if (threads < 0) throw new Problem("--threads must be 0 or more, was " + threads);
    ServerConfig config = common.read(CommonOptions.flags());
    TrainerProcess process = TrainerProcess.find(trainer, config.home());
    Corpus.open(corpus);
    HeadsJob job = job();
    Files.createDirectories(out);
    if (Files.exists(out.resolve(HeadsJob.FILE))) {
      List<String> differences = job.differences(HeadsJob.read(out));
      if (!differences.isEmpty()) {
        throw new Problem("%s holds a training with another %s; give the old options again to go on with it, or another folder".formatted(out, String.join(", ", differences)));
      }
    } else {
      job.write(out);
    }
    return process.run(List.of("heads", out.toString(), String.valueOf(seconds), String.valueOf(threads)));
  }

  private HeadsJob job() {
    HeadsJob.Kind seen;
    try {
      seen = HeadsJob.Kind.valueOf(kind.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException unknown) {
      throw new Problem("--kind must be medusa, root or chain, was " + kind);
    }
    try {
      return new HeadsJob(
          HeadsJob.FORMAT, corpus.toAbsolutePath().normalize().toString(), seen, heads, cells == 0 ? heads : cells, width, slice, epochs, batch, rate, decay, lossDecay, soft, rows, seed);
    } catch (IllegalArgumentException wrong) {
      throw new Problem("--" + wrong.getMessage());
    }
  }
}
