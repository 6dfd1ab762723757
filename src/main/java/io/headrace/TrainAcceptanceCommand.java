package io.headrace;

import io.headrace.train.AcceptanceJob;
import io.headrace.train.HeadsJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headrace train acceptance}: fits a head that says whether the guesses of drafting heads will be accepted. */
@Command(
    name = "acceptance",
    description = "Trains a head that says when to stop drafting, over heads that 'train heads' made, and compares stopping rules.",
    mixinStandardHelpOptions = true)
final class TrainAcceptanceCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(names = "--heads", required = true, paramLabel = "FOLDER", description = "What 'train heads' made; acceptance.safetensors, acceptance.json and acceptance.md are added to it.")
  private Path heads = Path.of("");

  @Option(names = "--width", paramLabel = "N", description = "Inner layers. Default: ${DEFAULT-VALUE}.")
  private int width = 192;

  @Option(names = "--blocks", paramLabel = "N", description = "Residual blocks. Default: ${DEFAULT-VALUE}.")
  private int blocks = 1;

  @Option(names = "--weight", paramLabel = "W", description = "Weight of a rejected guess in the loss; larger: more careful. Default: ${DEFAULT-VALUE}.")
  private double weight = 1;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over half of the calibration split. Default: ${DEFAULT-VALUE}.")
  private int epochs = 6;

  @Option(names = "--batch", paramLabel = "N", description = "Positions per step. Default: ${DEFAULT-VALUE}.")
  private int batch = 256;

  @Option(names = "--rate", paramLabel = "R", description = "Learning rate at its height. Default: ${DEFAULT-VALUE}.")
  private double rate = 1e-3;

  @Option(names = "--pass-costs", paramLabel = "ROWS:COST,...", description = "Cost of a pass by its rows, one row first, to compare rules by; 'bench --only rows' measures it. Default: ${DEFAULT-VALUE}.")
  private String passCosts = "1:1,4:1.15,8:1.43,16:2.7";

  @Option(names = "--draft-cost", paramLabel = "C", description = "Cost of one guess, a plain step being 1. Default: ${DEFAULT-VALUE}.")
  private double draftCost = 0.05;

  @Option(names = "--seed", paramLabel = "N", description = "Fixes initial weights and order. Default: ${DEFAULT-VALUE}.")
  private long seed = 1;

  @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads of PyTorch; 0: its own choice. Default: ${DEFAULT-VALUE}.")
  private int threads = 0;

  @Option(names = "--trainer", paramLabel = "FOLDER", description = "Where the trainer was built. Default: target/train of this checkout.")
  private @Nullable Path trainer;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (threads < 0) throw new Problem("--threads must be 0 or more, was " + threads);
    ServerConfig config = common.read(CommonOptions.flags());
    TrainerProcess process = TrainerProcess.find(trainer, config.home());
    if (!Files.exists(heads.resolve(HeadsJob.FILE)) || !Files.exists(heads.resolve("heads.safetensors"))) {
      throw new Problem("%s holds no trained heads; './headrace train heads --out %s' makes them".formatted(heads, heads));
    }
    if (HeadsJob.read(heads).kind() == HeadsJob.Kind.MEDUSA) {
      throw new Problem("%s holds medusa heads, whose guesses do not follow one another; train heads of kind chain or root".formatted(heads));
    }
    try {
      new AcceptanceJob(AcceptanceJob.FORMAT, width, blocks, weight, epochs, batch, rate, passCosts, draftCost, seed).write(heads);
    } catch (IllegalArgumentException wrong) {
      throw new Problem("--" + wrong.getMessage());
    }
    return process.run(List.of("acceptance", heads.toString(), "Infinity", String.valueOf(threads)));
  }
}
