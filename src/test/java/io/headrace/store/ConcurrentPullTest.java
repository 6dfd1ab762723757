package io.headrace.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class ConcurrentPullTest {
  @TempDir Path home;

  private final byte[] content = Worlds.content(500_000, 7);

  @Test
  void ofManyThreadsOneFetchesAndAllGetTheFile() throws Exception {
    try (FakeHub hub = new FakeHub(content);
        var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      hub.pauseMillis = 5;
      Callable<Path> pull =
          () ->
              Worlds.store(Worlds.options(home, hub))
                  .pull(
                      Worlds.pinned(content, Worlds.HUB),
                      ProgressListener.silent(),
                      new CancellationSignal());
      List<Future<Path>> all = new ArrayList<>();
      for (int i = 0; i < 6; i++) all.add(pool.submit(pull));
      for (Future<Path> one : all) assertArrayEquals(content, Files.readAllBytes(one.get()));
      assertEquals(1, hub.asked.size());
    }
  }

  @Test
  void aWaiterSaysSoAndCanBeCancelled() throws Exception {
    try (FakeHub hub = new FakeHub(content);
        var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      hub.pauseMillis = 20;
      ModelStore store = Worlds.store(Worlds.options(home, hub));
      Future<Path> first =
          pool.submit(
              () ->
                  store.pull(
                      Worlds.pinned(content, Worlds.HUB),
                      ProgressListener.silent(),
                      new CancellationSignal()));
      while (hub.asked.isEmpty()) Thread.sleep(5);
      CancellationSignal signal = new CancellationSignal();
      ProgressListener canceller =
          event -> {
            if (event instanceof Progress.Waiting) signal.cancel();
          };
      try {
        store.pull(Worlds.pinned(content, Worlds.HUB), canceller, signal);
        throw new AssertionError("the waiter was not cancelled");
      } catch (StoreException e) {
        assertEquals(StoreException.Kind.CANCELLED, e.kind());
      }
      assertArrayEquals(content, Files.readAllBytes(first.get()));
    }
  }

  @Test
  void ofTwoProcessesOneFetchesAndBothGetTheFile() throws Exception {
    try (FakeHub hub = new FakeHub(content)) {
      hub.pauseMillis = 50;
      Process first = start(hub);
      Process second = start(hub);
      String both = output(first) + output(second);
      assertEquals(2, both.lines().filter(line -> line.startsWith("PULLED")).count(), both);
      assertEquals(1, hub.asked.size(), both);
    }
    try (Stream<Path> blobs = Files.list(home.resolve("blobs"))) {
      assertArrayEquals(content, Files.readAllBytes(blobs.findFirst().orElseThrow()));
    }
  }

  @Test
  void aKilledProcessLeavesAPartThatTheNextOneContinues() throws Exception {
    try (FakeHub hub = new FakeHub(content)) {
      hub.pauseMillis = 50;
      Process first = start(hub);
      Path partial = home.resolve("downloads/sha256-" + Worlds.hash(content).hex() + ".partial");
      while (!Files.exists(partial) || Files.size(partial) < 50_000) {
        assertTrue(first.isAlive(), () -> output(first));
        Thread.sleep(10);
      }
      first.destroyForcibly().waitFor();
      hub.pauseMillis = 0;
      assertTrue(output(start(hub)).contains("PULLED"));
      assertTrue(hub.asked.getLast().range() != null, hub.asked::toString);
    }
  }

  private Process start(FakeHub hub) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            classPath(),
            PullProcess.class.getName(),
            home.toString(),
            hub.address().toString(),
            Worlds.hash(content).hex(),
            Integer.toString(content.length))
        .redirectErrorStream(true)
        .start();
  }

  private static String output(Process process) {
    try (var in = process.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }

  /** Where the needed classes came from: runners differ in what java.class.path says. */
  private static String classPath() {
    return Stream.of(
            ModelStore.class,
            PullProcess.class,
            JsonMapper.class,
            JsonFactory.class,
            JsonProperty.class)
        .map(
            type -> {
              try {
                return new File(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                    .toString();
              } catch (URISyntaxException e) {
                throw new AssertionError(e);
              }
            })
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }
}
