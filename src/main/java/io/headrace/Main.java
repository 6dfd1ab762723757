package io.headrace;

import io.quarkus.runtime.annotations.QuarkusMain;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line: {@code headrace serve | pull | list | run | bench}. Only {@code serve} starts the HTTP server. */
@QuarkusMain
@Command(
    name = "headrace",
    description = "An LLM inference server for the JVM.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {ServeCommand.class, PullCommand.class, ListCommand.class, RunCommand.class, BenchCommand.class})
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  public static void main(String... args) {
    int status =
        new CommandLine(new Main())
            .setParameterExceptionHandler(Main::usage)
            .setExecutionExceptionHandler(Main::failed)
            .execute(args);
    // The server's own threads may still run down; the status must not wait for them.
    System.exit(status);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Say what to do: serve, pull, list, run or bench.");
  }

  private static int usage(ParameterException wrong, String[] args) {
    CommandLine command = wrong.getCommandLine();
    command.getErr().println(wrong.getMessage());
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(wrong, command.getErr())) {
      command.getErr().printf(
          "Options: %s. '%s --help' explains them.%n",
          String.join(", ", command.getCommandSpec().options().stream().map(option -> option.longestName()).toList()),
          command.getCommandSpec().qualifiedName());
    }
    return 2;
  }

  /** Problems that have an answer are said in a line; a defect shows where it is. */
  private static int failed(Exception problem, CommandLine command, CommandLine.ParseResult parsed) {
    if (Problem.isSayable(problem)) {
      command.getErr().println("headrace: " + problem.getMessage());
    } else {
      problem.printStackTrace(command.getErr());
    }
    return 1;
  }
}
