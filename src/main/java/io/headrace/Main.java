package io.headrace;

import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line: {@code headrace serve | pull | list | run | bench | train}. Only {@code serve} starts the HTTP server. */
@QuarkusMain
@Command(
    name = "headrace",
    description = "An LLM inference server for the JVM.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {ServeCommand.class, PullCommand.class, ListCommand.class, RunCommand.class, BenchCommand.class, TrainCommand.class})
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  public static void main(String... args) {
    // What is printed is English. Any other locale's digits are looked up in a table of all of them: a twentieth of a second.
    Locale.setDefault(Locale.Category.FORMAT, Locale.US);
    ServeArguments serve = args.length == 0 ? null : ServeArguments.plain(args);
    int status = serve == null ? execute(args) : serve(serve);
    // The server's own threads may still run down; the status must not wait for them.
    System.exit(status);
  }

  private static int serve(ServeArguments arguments) {
    try {
      return ServeCommand.serve(arguments.read());
    } catch (RuntimeException problem) {
      return tell(problem, new PrintWriter(System.err, true));
    }
  }

  private static int execute(String... args) {
    return new CommandLine(new Main())
        .setParameterExceptionHandler(Main::usage)
        .setExecutionExceptionHandler(Main::failed)
        .execute(args);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Say what to do: serve, pull, list, run, bench or train.");
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
    return tell(problem, command.getErr());
  }

  /** Says what went wrong; the exit status. */
  static int tell(Throwable problem, PrintWriter err) {
    if (Problem.isSayable(problem)) {
      err.println("headrace: " + problem.getMessage());
    } else {
      problem.printStackTrace(err);
    }
    return 1;
  }
}
