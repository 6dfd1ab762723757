package io.headrace.testing;

import io.headrace.store.CancellationSignal;
import io.headrace.store.Catalogue;
import io.headrace.store.ConsoleProgress;
import io.headrace.store.ModelStore;
import io.headrace.store.StoreException;
import io.headrace.store.StoreOptions;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The real default model for tests that need it: {@code assumeTrue(DefaultModel.path().isPresent(),
 * DefaultModel.absence())}.
 *
 * <p>Found in this order: the file that the system property {@code headrace.test.model} names; the
 * store in {@code headrace.test.home}, else in {@code HEADRACE_HOME}, else in the user's cache
 * folder. A store that has it not pulls it, once per JVM; {@code HEADRACE_OFFLINE} forbids that.
 * Any thread.
 */
public final class DefaultModel {
  private record Found(Optional<Path> path, String absence) {}

  /** Looks once, when first asked. */
  private static final class Once {
    static final Found FOUND = look();
  }

  private DefaultModel() {}

  /** The checked GGUF file; empty when it cannot be had here. */
  public static Optional<Path> path() {
    return Once.FOUND.path();
  }

  /** Why there is none, for the skipped test's report; empty when there is one. */
  public static String absence() {
    return Once.FOUND.absence();
  }

  private static Found look() {
    String given = System.getProperty("headrace.test.model", "");
    if (!given.isEmpty()) {
      Path path = Path.of(given).toAbsolutePath();
      if (Files.isRegularFile(path)) return new Found(Optional.of(path), "");
      return new Found(Optional.empty(), "headrace.test.model names no file: " + path);
    }
    StoreOptions options = StoreOptions.in(home());
    String endpoint = environment("HF_ENDPOINT");
    String token = environment("HF_TOKEN");
    URI hub = endpoint.isEmpty() ? StoreOptions.DEFAULT_HUB : URI.create(endpoint);
    options = options.withHub(hub, token.isEmpty() ? null : token);
    options = options.withOffline(on("HF_HUB_OFFLINE"), on("HEADRACE_OFFLINE"));
    ModelStore store = new ModelStore(options);
    String name = Catalogue.DEFAULT_MODEL;
    try (var progress = new ConsoleProgress(System.err, false, name, System::nanoTime)) {
      return new Found(
          Optional.of(store.obtain(store.resolve(name), progress, new CancellationSignal())), "");
    } catch (StoreException e) {
      return new Found(Optional.empty(), "the default model is not here: " + e.getMessage());
    }
  }

  private static Path home() {
    String given = System.getProperty("headrace.test.home", environment("HEADRACE_HOME"));
    if (!given.isEmpty()) return Path.of(given);
    String cache = environment("XDG_CACHE_HOME");
    Path caches =
        cache.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(cache);
    return caches.resolve("headrace");
  }

  private static boolean on(String variable) {
    String value = environment(variable);
    return !value.isEmpty() && !value.equals("0") && !value.equalsIgnoreCase("false");
  }

  private static String environment(String variable) {
    return Optional.ofNullable(System.getenv(variable)).orElse("").strip();
  }
}
