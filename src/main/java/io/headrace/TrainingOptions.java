package io.headrace;

import io.headrace.train.HeadsJob;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of every command that fits something to a corpus in the trainer's process. */
final class TrainingOptions {
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(names = "--width", paramLabel = "N", description = "Inner layer; of heads, 0: the published block without an output matrix. Default: ${DEFAULT-VALUE}.")
  int width;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over what it is fitted to. Default: ${DEFAULT-VALUE}.")
  int epochs;

  @Option(names = "--batch", paramLabel = "N", description = "Positions per step. Default: ${DEFAULT-VALUE}.")
  int batch;

  @Option(names = "--rate", paramLabel = "R", description = "Learning rate at its height. Default: ${DEFAULT-VALUE}.")
  double rate = 1e-3;

  @Option(names = "--seed", paramLabel = "N", description = "Fixes initial weights and order. Default: ${DEFAULT-VALUE}.")
  long seed = 1;

  @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads of PyTorch; 0: one for each processor. Default: ${DEFAULT-VALUE}.")
  private int threads = 0;

  @Option(names = "--trainer", paramLabel = "FOLDER", description = "Where the trainer was built. Default: target/train of this checkout.")
  private @Nullable Path trainer;

  /** With the defaults of a command. */
  TrainingOptions(int width, int epochs, int batch) {
    this.width = width;
    this.epochs = epochs;
    this.batch = batch;
  }

  /** The trainer; what is wrong with it or the options is said before anything is written. */
  TrainerProcess process() {
    if (threads < 0) throw new Problem("--threads must be 0 or more, was " + threads);
    ServerConfig config = common.read(CommonOptions.flags());
    return TrainerProcess.find(trainer, config.home());
  }

  /**
   * Runs the job in {@code folder}.
   *
   * @param what heads or acceptance
   * @return the process's status
   */
  int run(TrainerProcess process, String what, Path folder, double seconds) throws IOException, InterruptedException {
    // PyTorch's own choice is one thread where two processors look like one core.
    int used = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    return process.run(List.of(what, folder.toString(), String.valueOf(seconds), String.valueOf(used)));
  }

  /** The kind of that name. */
  static HeadsJob.Kind kind(String name) {
    for (HeadsJob.Kind kind : HeadsJob.Kind.values()) {
      if (kind.word().equals(name)) return kind;
    }
    throw new Problem("--kind must be medusa, root or chain, was " + name);
  }
}
