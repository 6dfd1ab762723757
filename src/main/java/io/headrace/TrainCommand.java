package io.headrace;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code headrace train}: makes what drafts for a model, from the model's own answers. */
@Command(
    name = "train",
    description = "Trains what guesses a model's tokens ahead, on answers that the model gives itself.",
    mixinStandardHelpOptions = true,
    subcommands = {TrainCorpusCommand.class, TrainHeadsCommand.class, TrainDraftCommand.class, TrainAcceptanceCommand.class})
final class TrainCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Say what to make: %s.".formatted(String.join(" or ", spec.subcommands().keySet())));
  }
}
