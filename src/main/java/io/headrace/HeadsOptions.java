package io.headrace;

import io.headrace.train.Corpus;
import io.headrace.train.HeadsJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of commands that train heads, whatever kind. */
final class HeadsOptions {
  @Mixin private TrainingOptions training;

  @Option(names = "--corpus", required = true, paramLabel = "FOLDER", description = "What 'train corpus' made.")
  private Path corpus = Path.of("");

  @Option(names = "--out", required = true, paramLabel = "FOLDER", description = "For heads.safetensors, heads.json, the model card and what a stopped run goes on from.")
  private Path out = Path.of("");

  @Option(names = "--heads", paramLabel = "N", description = "Guesses after the certain token. Default: ${DEFAULT-VALUE}.")
  private int heads;

  @Option(names = "--cells", paramLabel = "N", description = "Different blocks; heads beyond share the last one. 0: as many as heads. Default: ${DEFAULT-VALUE}.")
  private int cells;

  @Option(names = "--slice", paramLabel = "N", description = "Tokens that may be guessed, the most frequent ones. Default: ${DEFAULT-VALUE}.")
  private int slice = 8192;

  @Option(names = "--decay", paramLabel = "D", description = "Weight decay. Default: ${DEFAULT-VALUE}.")
  private double decay = 0.01;

  @Option(names = "--loss-decay", paramLabel = "D", description = "Weight of each head's loss as a share of the one before. Default: ${DEFAULT-VALUE}.")
  private double lossDecay = 0.8;

  @Option(names = "--soft", paramLabel = "SHARE", description = "Share of the target's own distribution in labels, 0 to 1. Default: ${DEFAULT-VALUE}.")
  private double soft = 0.5;

  @Option(names = "--rows", paramLabel = "N", description = "Tokens of the corpus to train on at most. Default: all there are.")
  private long rows = Long.MAX_VALUE;

  @Option(names = "--seconds", paramLabel = "N", description = "Stops after so long; run again to go on. Default: no limit.")
  private double seconds = Double.POSITIVE_INFINITY;

  /** With the defaults of a command. */
  HeadsOptions(int heads, int cells, int width, int epochs) {
    this.heads = heads;
    this.cells = cells;
    training = new TrainingOptions(width, epochs, 1024);
  }

  /** Trains heads of a kind, or goes on; the trainer's status. */
  int run(HeadsJob.Kind kind) throws IOException, InterruptedException {
    if (!(seconds > 0)) throw new Problem("--seconds must be above 0, was " + seconds);
    TrainerProcess process = training.process();
    Corpus.open(corpus);
    HeadsJob job = job(kind);
    Files.createDirectories(out);
    if (Files.exists(out.resolve(HeadsJob.FILE))) {
      List<String> differences = job.differences(HeadsJob.read(out));
      if (!differences.isEmpty()) {
        throw new Problem("%s holds a training with another %s; give the old options again to go on with it, or another folder".formatted(out, String.join(", ", differences)));
      }
    } else {
      job.write(out);
    }
    return training.run(process, "heads", out, seconds);
  }

  private HeadsJob job(HeadsJob.Kind kind) {
    String at = corpus.toAbsolutePath().normalize().toString();
    int blocks = cells == 0 ? heads : cells;
    try {
      return new HeadsJob(
          HeadsJob.FORMAT, at, kind, heads, blocks, training.width, slice, training.epochs, training.batch, training.rate, decay, lossDecay, soft, rows, training.seed);
    } catch (IllegalArgumentException wrong) {
      throw new Problem("--" + wrong.getMessage());
    }
  }
}
