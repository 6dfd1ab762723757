package io.headrace.store;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A hub on the loopback address that serves one content, as honestly as its fields say. Records
 * what it was asked.
 */
final class FakeHub implements AutoCloseable {
  /**
   * What a client asked; {@code authorization} and {@code range} are null when the header was
   * absent.
   */
  record Asked(
      String path,
      @Nullable String authorization,
      @Nullable String range,
      @Nullable String ifRange) {}

  final List<Asked> asked = new CopyOnWriteArrayList<>();

  /** What is served; may change between two requests. */
  volatile byte[] content;

  volatile String entityTag = "\"v1\"";
  volatile @Nullable String linkedSha256;
  volatile boolean honoursRange = true;
  volatile boolean announcesLength = true;

  /** Bytes sent before the connection is dropped; -1 sends all. */
  volatile int cutAfter = -1;

  /** How many requests are cut before one is served in full. */
  volatile int cuts = Integer.MAX_VALUE;

  /** Added to the announced length. */
  volatile int lie = 0;

  /** Where to send clients instead of answering. */
  volatile @Nullable URI redirect;

  /** Status to answer with, without content, when above 0. */
  volatile int status = 0;

  /** Pause between two pieces of 8 KiB. */
  volatile long pauseMillis = 0;

  private final HttpServer server;

  FakeHub(byte[] content) {
    this.content = content;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    var headers = exchange.getRequestHeaders();
    String range = headers.getFirst("Range");
    String ifRange = headers.getFirst("If-Range");
    String path = exchange.getRequestURI().toString();
    asked.add(new Asked(path, headers.getFirst("Authorization"), range, ifRange));
    var out = exchange.getResponseHeaders();
    if (linkedSha256 != null) {
      out.set("X-Linked-ETag", "\"" + linkedSha256 + "\"");
      out.set("X-Linked-Size", Integer.toString(content.length));
    }
    URI elsewhere = redirect;
    if (elsewhere != null) {
      out.set("Location", elsewhere.toString());
      exchange.sendResponseHeaders(302, -1);
      exchange.close();
      return;
    }
    if (status > 0) {
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
      return;
    }
    if (!entityTag.isEmpty()) out.set("ETag", entityTag);
    byte[] all = content;
    int from = 0;
    if (range != null && honoursRange && (ifRange == null || ifRange.equals(entityTag))) {
      from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
      if (from >= all.length) {
        exchange.sendResponseHeaders(416, -1);
        exchange.close();
        return;
      }
      out.set("Content-Range", "bytes " + from + "-" + (all.length - 1) + "/" + all.length);
    }
    int length = all.length - from;
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, announcesLength ? length + lie : 0);
    boolean cut = cutAfter >= 0 && cuts-- > 0;
    send(exchange, all, from, cut ? Math.min(cutAfter, length) : length);
    exchange.close();
  }

  private void send(HttpExchange exchange, byte[] all, int from, int count) {
    try {
      OutputStream body = exchange.getResponseBody();
      for (int sent = 0; sent < count; ) {
        int n = Math.min(8 << 10, count - sent);
        body.write(all, from + sent, n);
        body.flush();
        sent += n;
        if (pauseMillis > 0) Thread.sleep(pauseMillis);
      }
    } catch (IOException e) {
      // The client went away, or we promised more than we sent: both are what a test wants.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
