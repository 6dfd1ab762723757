package io.headrace;

import io.headrace.store.CancellationSignal;
import io.headrace.store.ConsoleProgress;
import io.headrace.store.ModelReference;
import io.headrace.store.ModelStore;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code headrace pull}: fetches a model into the store. */
@Command(name = "pull", description = "Fetches a model, the default one if none is named.", mixinStandardHelpOptions = true)
final class PullCommand implements Runnable {
  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(arity = "0..1", paramLabel = "MODEL", description = "A catalogue name, or hf:org/repo/file.")
  private @Nullable String model;

  @Override
  public void run() {
    ServerConfig config = common.read(CommonOptions.flags(Setting.MODEL, model));
    ModelStore store = Assembly.store(config);
    ModelReference reference = store.resolve(config.text(Setting.MODEL));
    System.out.println(obtain(store, reference));
  }

  /** The file or folder of a model, fetched if it is not there, with a progress bar on the error stream. */
  static Path obtain(ModelStore store, ModelReference reference) {
    CancellationSignal signal = new CancellationSignal();
    Thread onInterrupt = new Thread(signal::cancel, "cancel-download");
    Runtime.getRuntime().addShutdownHook(onInterrupt);
    try (ConsoleProgress progress =
        new ConsoleProgress(System.err, System.console() != null && System.console().isTerminal(), reference.name(), System::nanoTime)) {
      return store.obtain(reference, progress, signal);
    } finally {
      try {
        Runtime.getRuntime().removeShutdownHook(onInterrupt);
      } catch (IllegalStateException shuttingDown) {
        // The hook is running: that is what it is for.
      }
    }
  }
}
