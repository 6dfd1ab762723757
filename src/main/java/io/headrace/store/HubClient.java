package io.headrace.store;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks the hub for a file and follows its redirects to whoever stores the bytes.
 *
 * <p>Thread: one pull's.
 */
final class HubClient implements AutoCloseable {
  /*
   * Redirects are followed here and not by java.net.http, for two reasons. The token belongs to
   * the endpoint: a content network that the hub redirects to must not see it. And the hub tells a
   * file's SHA-256 and size only in the redirecting answer.
   *
   * The time limit covers name lookup, connection and every hop up to the last answer's headers.
   * Name lookup blocks inside the client where no timeout of its own reaches, so the exchange runs
   * in a thread of its own that the caller stops waiting for. Building the client counts as well: on
   * a cold machine that alone takes most of a second.
   */
  private static final int MAX_HOPS = 6;

  private final StoreOptions options;
  private final CancellationSignal signal;
  private final HttpClient http;
  private final long createdNanos;
  private boolean opened;

  HubClient(StoreOptions options, CancellationSignal signal) {
    this.createdNanos = System.nanoTime();
    this.options = options;
    this.signal = signal;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(ProxySelector.getDefault())
            .connectTimeout(options.reachWithin())
            .build();
  }

  /**
   * Opens {@code source} from byte {@code from} on.
   *
   * @param from first byte wanted; 0 asks for the whole file
   * @param ifRange entity tag that the earlier bytes had, or null to accept any
   * @return an answer with status 200, 206 or 416; the caller closes it
   * @throws StoreException UNREACHABLE, REFUSED, NOT_FOUND or CANCELLED
   */
  HubAnswer open(HubSource source, long from, @Nullable String ifRange) {
    long limitNanos =
        options.reachWithin().toNanos() - (opened ? 0 : System.nanoTime() - createdNanos);
    opened = true;
    FutureTask<HubAnswer> exchange = new FutureTask<>(() -> follow(source, from, ifRange));
    Thread.ofVirtual().name("hub-request").start(exchange);
    try (var _ = signal.onCancel(() -> exchange.cancel(true))) {
      return exchange.get(limitNanos, TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      exchange.cancel(true);
      throw unreachable("no answer within " + seconds(options.reachWithin()), e);
    } catch (CancellationException e) {
      signal.throwIfCancelled();
      throw unreachable("the request was dropped", e);
    } catch (InterruptedException e) {
      exchange.cancel(true);
      Thread.currentThread().interrupt();
      throw new StoreException(StoreException.Kind.CANCELLED, "the download was interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StoreException known) throw known;
      throw unreachable(reasonOf(e.getCause()), e.getCause());
    }
  }

  private HubAnswer follow(HubSource source, long from, @Nullable String ifRange)
      throws IOException, InterruptedException {
    URI target = source.address(options.hubEndpoint());
    Sha256 linkedSha256 = null;
    long linkedBytes = -1;
    for (int hop = 0; hop < MAX_HOPS; hop++) {
      HttpResponse<InputStream> response =
          http.send(request(target, from, ifRange), HttpResponse.BodyHandlers.ofInputStream());
      HttpHeaders headers = response.headers();
      linkedSha256 =
          headers.firstValue("x-linked-etag").flatMap(Sha256::fromEntityTag).orElse(linkedSha256);
      linkedBytes = sizeOf(headers.firstValue("x-linked-size").orElse(""), linkedBytes);
      HubAnswer answer = new HubAnswer(response, linkedSha256, linkedBytes);
      switch (response.statusCode()) {
        case 200, 206, 416 -> {
          return answer;
        }
        case 301, 302, 303, 307, 308 -> {
          answer.close();
          target = redirect(target, headers.firstValue("location").orElse(""));
        }
        default -> {
          answer.close();
          throw failure(source, response);
        }
      }
    }
    throw unreachable("more than " + MAX_HOPS + " redirects", null);
  }

  private HttpRequest request(URI target, long from, @Nullable String ifRange) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(target)
            .GET()
            .header("User-Agent", "headrace")
            .header("Accept-Encoding", "identity");
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
      if (ifRange != null) request.header("If-Range", ifRange);
    }
    String token = options.hubToken();
    if (token != null && sameOrigin(target, options.hubEndpoint()))
      request.header("Authorization", "Bearer " + token);
    return request.build();
  }

  private URI redirect(URI from, String location) {
    URI target;
    try {
      target = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw unreachable("it redirects to something that is not an address", e);
    }
    boolean secure = "https".equals(target.getScheme());
    if (location.isEmpty()
        || target.getHost() == null
        || !(secure || "http".equals(target.getScheme()))) {
      throw unreachable("it redirects to something that is not an address", null);
    }
    if (!secure && "https".equals(from.getScheme()))
      throw unreachable("it redirects from https to http", null);
    return target;
  }

  private StoreException failure(HubSource source, HttpResponse<?> response) {
    int status = response.statusCode();
    String said =
        response
            .headers()
            .firstValue("x-error-message")
            .map(text -> " (" + printable(text) + ")")
            .orElse("");
    return switch (status) {
      case 401, 403 ->
          new StoreException(
              StoreException.Kind.REFUSED,
              ("the hub answers %d%s: %s is private, gated or does not exist; set HF_TOKEN to a "
                      + "token that may read it")
                  .formatted(status, said, source.repository()));
      case 404, 410 ->
          new StoreException(
              StoreException.Kind.NOT_FOUND,
              "the hub answers %d%s: no file %s at revision %s of %s"
                  .formatted(status, said, source.file(), source.revision(), source.repository()));
      default -> unreachable("it answers " + status + said, null);
    };
  }

  private StoreException unreachable(String reason, @Nullable Throwable cause) {
    String message = "cannot be reached at " + options.hubEndpoint().getHost() + ": " + reason;
    return cause == null
        ? new StoreException(StoreException.Kind.UNREACHABLE, message)
        : new StoreException(StoreException.Kind.UNREACHABLE, message, cause);
  }

  /** The failure in a person's words: the JDK's network exceptions often have no message at all. */
  private static String reasonOf(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof UnresolvedAddressException || t instanceof java.net.UnknownHostException) {
        return "the host name cannot be resolved (no network?)";
      }
      if (t instanceof HttpConnectTimeoutException) return "no connection in time";
      if (t instanceof ConnectException && t.getMessage() != null) return t.getMessage();
    }
    if (failure instanceof ConnectException) return "the connection was refused";
    return failure.getMessage() == null
        ? failure.getClass().getSimpleName()
        : printable(failure.getMessage());
  }

  static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
  }

  private static boolean sameOrigin(URI a, URI b) {
    return a.getScheme().equals(b.getScheme())
        && a.getHost().equalsIgnoreCase(b.getHost())
        && port(a) == port(b);
  }

  private static int port(URI uri) {
    if (uri.getPort() >= 0) return uri.getPort();
    return "https".equals(uri.getScheme()) ? 443 : 80;
  }

  private static long sizeOf(String text, long otherwise) {
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : otherwise;
  }

  /** What a server said, fit for a terminal. */
  private static String printable(String text) {
    String clean = text.replaceAll("[^\\x20-\\x7e]", "?");
    return clean.length() <= 200 ? clean : clean.substring(0, 200) + "...";
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
