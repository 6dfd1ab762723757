package io.headrace;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headrace train heads}: fits drafting heads to a corpus, in a process of its own that has PyTorch. */
@Command(
    name = "heads",
    description = "Trains drafting heads on a corpus that 'train corpus' made. Run it again to go on where it was stopped.",
    mixinStandardHelpOptions = true)
final class TrainHeadsCommand implements Callable<Integer> {
  @Mixin private HeadsOptions options = new HeadsOptions(3, 0, 1152, 3);

  @Option(names = "--kind", paramLabel = "KIND", description = "What a head sees: medusa (the target's state), root (and the certain token), chain (the head before it, and the token before its guess). Default: ${DEFAULT-VALUE}.")
  private String kind = "chain";

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.run(TrainingOptions.kind(kind));
  }
}
