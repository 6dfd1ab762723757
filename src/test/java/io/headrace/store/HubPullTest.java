package io.headrace.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.store.StoreException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a hub serves lands in the store, whole and checked. */
@Timeout(60)
final class HubPullTest extends PullFromFakeHub {
  /** Nothing is left that looks like content, nor a partial file. */
  private void assertNothingKept() throws IOException {
    for (String folder : List.of("blobs", "downloads")) {
      try (Stream<Path> files = Files.list(home.resolve(folder))) {
        assertEquals(List.of(), files.toList());
      }
    }
  }

  @Test
  void aPulledFileIsFoundUnderItsHashAndItsName() throws IOException {
    ModelReference tiny = Worlds.pinned(content, Worlds.HUB);
    ModelStore store =
        new ModelStore(
            Worlds.options(home, hub), new Catalogue(List.of(Worlds.entry(content, Worlds.HUB))));
    assertTrue(store.find(tiny).isEmpty());
    Path path = store.pull(tiny, trace, new CancellationSignal());
    assertEquals(home.resolve("blobs/sha256-" + Worlds.hash(content).hex()), path);
    assertArrayEquals(content, Files.readAllBytes(path));
    assertEquals(path, store.find("tiny").orElseThrow());
    StoredModel stored = store.list().getFirst();
    assertEquals("tiny", stored.name());
    assertEquals(BYTES, stored.bytes());
    assertEquals("Apache-2.0", stored.licence());
    assertEquals("/org/tiny/resolve/c0ffee/tiny.gguf", hub.asked.getFirst().path());
    assertEquals(new Progress.Transferring(BYTES, BYTES), trace.events.getLast());
  }

  @Test
  void aSecondPullReadsTheFileAndAsksNobody() {
    pull(Worlds.pinned(content, Worlds.HUB));
    pull(Worlds.pinned(content, Worlds.HUB));
    assertEquals(1, hub.asked.size());
  }

  @Test
  void aDamagedFileIsFetchedAgain() throws IOException {
    Path path = pull(Worlds.pinned(content, Worlds.HUB));
    byte[] flipped = content.clone();
    flipped[1000] ^= 1;
    Files.write(path, flipped);
    assertArrayEquals(content, Files.readAllBytes(pull(Worlds.pinned(content, Worlds.HUB))));
    assertTrue(trace.mentions("damaged"));
  }

  @Test
  void aCutTransferGoesOnWhereItStopped() throws IOException {
    hub.cutAfter = 100_000;
    assertArrayEquals(content, Files.readAllBytes(pull(Worlds.pinned(content, Worlds.HUB))));
    assertEachGoesOn();
  }

  /** The first request asks for all, the others begin where the one before was cut, or earlier by what the client had not read yet. */
  private void assertEachGoesOn() {
    assertEquals("none", ranges().getFirst());
    assertTrue(ranges().size() > 1, "nothing was cut");
    int before = 0;
    for (String range : ranges().subList(1, ranges().size())) {
      int from = Integer.parseInt(range.replaceAll("\\D", ""));
      assertTrue(from > before && from <= before + hub.cutAfter, ranges()::toString);
      before = from;
    }
  }

  private List<String> ranges() {
    return hub.asked.stream().map(asked -> asked.range() == null ? "none" : asked.range()).toList();
  }

  @Test
  void aLaterPullContinuesThePartialFileOfAnEarlierOne() throws IOException {
    Files.createDirectories(partial().getParent());
    Files.write(partial(), java.util.Arrays.copyOf(content, 123_456));
    assertArrayEquals(content, Files.readAllBytes(pull(Worlds.pinned(content, Worlds.HUB))));
    assertEquals(List.of("bytes=123456-"), ranges());
    assertFalse(Files.exists(partial()));
  }

  @Test
  void aCompletePartialFileNeedsNoTransfer() throws IOException {
    Files.createDirectories(partial().getParent());
    Files.write(partial(), content);
    pull(Worlds.pinned(content, Worlds.HUB));
    assertEquals(List.of(), hub.asked);
  }

  @Test
  void aWrongPartialFileIsReplacedByAWholeFetch() throws IOException {
    Files.createDirectories(partial().getParent());
    Files.write(partial(), Worlds.content(123_456, 99));
    assertArrayEquals(content, Files.readAllBytes(pull(Worlds.pinned(content, Worlds.HUB))));
    assertEquals(List.of("bytes=123456-", "none"), ranges());
  }

  @Test
  void aTransferThatBringsNothingNewIsGivenUpAndKeepsItsPart() throws IOException {
    hub.cutAfter = 50_000;
    hub.cuts = 1;
    hub.pauseMillis = 0;
    Path kept = partial();
    FakeHub dying = hub;
    var options = Worlds.options(home, hub);
    var listener =
        (ProgressListener)
            event -> {
              if (event instanceof Progress.Transferring(long bytes, long _) && bytes >= 50_000)
                dying.cutAfter = 0;
              dying.cuts = Integer.MAX_VALUE;
            };
    StoreException e =
        assertThrows(
            StoreException.class,
            () ->
                Worlds.store(options)
                    .pull(Worlds.pinned(content, Worlds.HUB), listener, new CancellationSignal()));
    assertEquals(Kind.NO_SOURCE, e.kind());
    assertEquals(50_000, Files.size(kept));
  }

  @Test
  void aServerThatIgnoresRangesStartsTheFileAnew() throws IOException {
    hub.honoursRange = false;
    hub.cutAfter = 100_000;
    hub.cuts = 1;
    assertArrayEquals(content, Files.readAllBytes(pull(Worlds.pinned(content, Worlds.HUB))));
    assertEachGoesOn();
  }

  @Test
  void aFileThatChangedAtTheHubIsNotGluedToItsOldBeginning() throws IOException {
    hub.cutAfter = 100_000;
    hub.cuts = 1;
    byte[] fresh = Worlds.content(BYTES, 2);
    ProgressListener change =
        event -> {
          if (event instanceof Progress.Note) {
            hub.content = fresh;
            hub.entityTag = "\"v2\"";
          }
        };
    Path path =
        Worlds.store(Worlds.options(home, hub))
            .pull(Worlds.hubFile(), change, new CancellationSignal());
    assertArrayEquals(fresh, Files.readAllBytes(path));
    assertEquals("\"v1\"", hub.asked.get(1).ifRange());
  }

  @Test
  void anUnpinnedFileWithoutEntityTagIsNotContinued() throws IOException {
    hub.entityTag = "";
    hub.cutAfter = 100_000;
    hub.cuts = 1;
    assertArrayEquals(content, Files.readAllBytes(pull(Worlds.hubFile())));
    assertEquals(List.of("none", "none"), ranges());
  }

  @Test
  void wrongContentIsRemovedAndTheErrorNamesBothHashes() throws IOException {
    byte[] wanted = Worlds.content(BYTES, 3);
    StoreException e = failure(Worlds.pinned(wanted, Worlds.HUB), Worlds.options(home, hub));
    assertEquals(Kind.WRONG_CONTENT, e.kind());
    assertTrue(e.getMessage().contains(Worlds.hash(wanted).hex()), e.getMessage());
    assertTrue(e.getMessage().contains(Worlds.hash(content).hex()), e.getMessage());
    assertTrue(e.getMessage().contains("serve --model"), e.getMessage());
    assertNothingKept();
  }

  @Test
  void aFileOfAnotherSizeIsRefusedBeforeItIsMoved() throws IOException {
    byte[] wanted = Worlds.content(BYTES + 1, 3);
    StoreException e = failure(Worlds.pinned(wanted, Worlds.HUB), Worlds.options(home, hub));
    assertEquals(Kind.WRONG_CONTENT, e.kind());
    assertTrue(e.getMessage().contains("300,001 bytes"), e.getMessage());
    assertNothingKept();
  }

  @Test
  void theHubsOwnHashProtectsAFileThatIsNotPinned() throws IOException {
    hub.linkedSha256 = Worlds.hash(Worlds.text("something else")).hex();
    StoreException e = failure(Worlds.hubFile(), Worlds.options(home, hub));
    assertEquals(Kind.WRONG_CONTENT, e.kind());
    assertNothingKept();
  }

  @Test
  void anUnpinnedFileTheHubStillHasIsNotTransferredTwice() {
    hub.linkedSha256 = Worlds.hash(content).hex();
    Path first = pull(Worlds.hubFile());
    hub.cutAfter = 0; // a transfer would fail
    assertEquals(first, pull(Worlds.hubFile()));
    assertEquals(
        "hf:org/tiny/tiny.gguf@c0ffee",
        Worlds.store(Worlds.options(home, hub)).list().getFirst().name());
  }

  @Test
  void anUnpinnedFileServesOnWhenTheHubIsGone() {
    Path first = pull(Worlds.hubFile());
    hub.status = 503;
    assertEquals(first, pull(Worlds.hubFile()));
    assertTrue(trace.mentions("503"));
  }

  @Test
  void aLengthThatPromisesTooMuchFailsAndOneThatIsMissingDoesNot() throws IOException {
    hub.announcesLength = false;
    assertArrayEquals(content, Files.readAllBytes(pull(Worlds.hubFile())));
    hub.announcesLength = true;
    hub.entityTag = "\"v2\"";
    hub.lie = 1_000;
    StoreOptions elsewhere = Worlds.options(home.resolve("other"), hub);
    assertEquals(Kind.BROKEN_TRANSFER, failure(Worlds.hubFile(), elsewhere).kind());
  }

  @Test
  void anEndlessBodyIsCutAtTheExpectedSize() throws IOException {
    byte[] wanted = java.util.Arrays.copyOf(content, 10_000);
    hub.announcesLength = false;
    StoreException e = failure(Worlds.pinned(wanted, Worlds.HUB), Worlds.options(home, hub));
    assertEquals(Kind.WRONG_CONTENT, e.kind());
    assertNothingKept();
  }

  @Test
  void aFilePlacedByHandIsFoundAndListed() throws IOException {
    CatalogueEntry entry = Worlds.entry(content, Worlds.HUB);
    ModelStore store = new ModelStore(Worlds.options(home, hub), new Catalogue(List.of(entry)));
    Files.createDirectories(home.resolve("blobs"));
    Files.write(home.resolve("blobs/sha256-" + entry.sha256().hex()), content);
    assertTrue(store.find("tiny").isPresent());
    assertEquals("placed by hand", store.list().getFirst().source());
    store.obtain(new ModelReference.Catalogued(entry), trace, new CancellationSignal());
    assertEquals(List.of(), hub.asked);
  }
}
