package io.headrace;

import io.headrace.train.HeadsJob;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code headrace train draft}: heads of kind chain for long chains. The same trainer and artefact as {@code train heads}; what differs is
 * that a few blocks are unrolled further, so that the last of them has learned to go on from itself.
 */
@Command(
    name = "draft",
    description = "Trains a recurrent draft for long chains: 'train heads --kind chain' with two blocks, the second unrolled over itself. The same folder serves specdec and medusa.",
    mixinStandardHelpOptions = true)
final class TrainDraftCommand implements Callable<Integer> {
  @Mixin private HeadsOptions options = new HeadsOptions(5, 2, 1024, 2);

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.run(HeadsJob.Kind.CHAIN);
  }
}
