package io.headrace.store;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The last answer of a chain of redirects, with what the hub said about the file on the way.
 *
 * @param response the answer that carries the content
 * @param linkedSha256 the hub's own hash of the file, if it gave one at any hop
 * @param linkedBytes the hub's own size of the file, else -1
 */
record HubAnswer(
    HttpResponse<InputStream> response, @Nullable Sha256 linkedSha256, long linkedBytes)
    implements AutoCloseable {
  private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");

  /** First byte and whole size as {@code Content-Range} gives them. */
  record Range(long first, long totalBytes) {}

  int status() {
    return response.statusCode();
  }

  Optional<Range> range() {
    Matcher found = RANGE.matcher(response.headers().firstValue("content-range").orElse(""));
    return found.matches()
        ? Optional.of(new Range(Long.parseLong(found.group(1)), Long.parseLong(found.group(3))))
        : Optional.empty();
  }

  /** Size of this answer's body as announced, else -1. */
  long contentLength() {
    String text = response.headers().firstValue("content-length").orElse("");
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
  }

  /** The entity tag of the content itself, empty when there is none. */
  String entityTag() {
    return response.headers().firstValue("etag").orElse("").strip();
  }

  /** Ends the transfer; the connection is dropped when bytes are outstanding. */
  @Override
  public void close() {
    try {
      response.body().close();
    } catch (IOException e) {
      // The body is not wanted any more, whatever its connection says.
    }
  }
}
