package io.headrace;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The program that has PyTorch, as a process of its own: its libraries and the server's come in versions that one class path cannot
 * hold. Maven's profile {@code train} puts it into {@code target/train}.
 */
final class TrainerProcess {
  /** Builds it; said to whoever has not. */
  static final String BUILD = "./mvnw -q -Ptrain process-classes";

  private static final String MAIN = "io.headrace.train.torch.Trainer";

  private final Path folder;
  private final Path cache;

  private TrainerProcess(Path folder, Path cache) {
    this.folder = folder;
    this.cache = cache;
  }

  /**
   * Finds the built trainer.
   *
   * @param given where to look; null: beside the classes that run now
   * @param home for PyTorch's unpacked libraries
   * @throws Problem with the command that builds it, where it is not
   */
  static TrainerProcess find(@Nullable Path given, Path home) {
    Path folder = given != null ? given : beside();
    if (folder == null || !Files.isRegularFile(folder.resolve("classes").resolve(MAIN.replace('.', '/') + ".class")) || !Files.isDirectory(folder.resolve("lib"))) {
      throw new Problem("training needs PyTorch, which the server is built without%s. Build it once with: %s".formatted(given == null ? "" : ", and " + given + " does not have it", BUILD));
    }
    return new TrainerProcess(folder.toAbsolutePath(), home.resolve("torch").toAbsolutePath());
  }

  /** {@code train} in the first folder above our own classes that has one. */
  private static @Nullable Path beside() {
    CodeSource source = TrainerProcess.class.getProtectionDomain().getCodeSource();
    if (source == null || source.getLocation() == null) return null;
    try {
      for (Path at = Path.of(source.getLocation().toURI()); at != null; at = at.getParent()) {
        if (Files.isDirectory(at.resolve("train").resolve("classes"))) return at.resolve("train");
      }
    } catch (URISyntaxException | IllegalArgumentException | java.nio.file.FileSystemNotFoundException elsewhere) {
      return null;
    }
    return null;
  }

  /** Runs it with our input and output until it ends; its status. Ctrl-C is passed on, and it is given time to save its work. */
  int run(List<String> arguments) throws IOException, InterruptedException {
    Path java = Path.of(ProcessHandle.current().info().command().orElse("java"));
    List<String> command = new ArrayList<>(List.of(java.toString()));
    command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(List.of("-Dai.djl.offline=true", "-DOPT_OUT_TRACKING=true", "-Dslf4j.internal.verbosity=ERROR"));
    command.add("-DDJL_CACHE_DIR=" + cache);
    command.add("-DENGINE_CACHE_DIR=" + cache);
    command.addAll(List.of("-cp", folder.resolve("classes") + File.pathSeparator + folder.resolve("lib") + "/*", MAIN));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().put("OPT_OUT_TRACKING", "true");
    AtomicBoolean stop = new AtomicBoolean();
    try (Interruption _ = new Interruption(stop)) {
      Process process = builder.start();
      boolean told = false;
      while (!process.waitFor(200, TimeUnit.MILLISECONDS)) {
        if (!stop.get() || told) continue;
        process.destroy();
        told = true;
      }
      return process.exitValue();
    }
  }
}
