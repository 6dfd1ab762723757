package io.headrace;

import io.headrace.train.AcceptanceJob;
import io.headrace.train.HeadsJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headrace train acceptance}: fits a head that says whether the guesses of drafting heads will be accepted. */
@Command(
    name = "acceptance",
    description = "Trains a head that says when to stop drafting, over heads that 'train heads' made, and compares stopping rules.",
    mixinStandardHelpOptions = true)
final class TrainAcceptanceCommand implements Callable<Integer> {
  @Mixin private TrainingOptions training = new TrainingOptions(64, 3, 256);

  @Option(names = "--heads", required = true, paramLabel = "FOLDER", description = "What 'train heads' made; acceptance.safetensors, acceptance.json and acceptance.md are added to it.")
  private Path heads = Path.of("");

  @Option(names = "--blocks", paramLabel = "N", description = "Residual blocks. Default: ${DEFAULT-VALUE}.")
  private int blocks = 1;

  @Option(names = "--weight", paramLabel = "W", description = "Weight of a rejected guess in the loss; larger: more careful. Default: ${DEFAULT-VALUE}.")
  private double weight = 1;

  @Option(names = "--pass-costs", paramLabel = "ROWS:COST,...", description = "Cost of a pass by its rows, one row first, to compare rules by; 'bench --only rows' measures it. Default: ${DEFAULT-VALUE}.")
  private String passCosts = "1:1,4:1.15,8:1.43,16:2.7";

  @Option(names = "--draft-cost", paramLabel = "C", description = "Cost of one guess, a plain step being 1. Default: ${DEFAULT-VALUE}.")
  private double draftCost = 0.05;

  @Option(names = "--drafts", paramLabel = "N", description = "Guesses of a chain, as many as may be drafted; beyond the heads the last one goes on. Default: ${DEFAULT-VALUE}.")
  private int drafts = 8;

  @Override
  public Integer call() throws IOException, InterruptedException {
    TrainerProcess process = training.process();
    if (!Files.exists(heads.resolve(HeadsJob.FILE)) || !Files.exists(heads.resolve("heads.safetensors"))) {
      throw new Problem("%s holds no trained heads; './headrace train heads --out %s' makes them".formatted(heads, heads));
    }
    HeadsJob.Kind kind = HeadsJob.read(heads).kind();
    if (kind != HeadsJob.Kind.CHAIN) {
      throw new Problem("%s holds heads of kind %s, which do not go on from one another; train heads of kind chain".formatted(heads, kind.word()));
    }
    try {
      new AcceptanceJob(
              AcceptanceJob.FORMAT, training.width, blocks, weight, training.epochs, training.batch, training.rate, passCosts, draftCost, drafts, training.seed)
          .write(heads);
    } catch (IllegalArgumentException wrong) {
      throw new Problem("--" + wrong.getMessage());
    }
    return training.run(process, "acceptance", heads, Double.POSITIVE_INFINITY);
  }
}
