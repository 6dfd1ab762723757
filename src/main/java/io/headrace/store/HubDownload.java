package io.headrace.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Brings one hub file into a {@code .partial} file, continuing what an earlier attempt left there.
 *
 * <p>Thread: one pull's, under the lock of its content.
 */
final class HubDownload {
  /*
   * What is on disk may be continued when we can tell that it belongs to the same content. With a
   * pinned hash that is always so: a wrong beginning shows at the end, and then the file is
   * fetched once more from its first byte. Without one, only the entity tag of the first attempt
   * can tell; it is kept beside the partial file and sent as If-Range (RFC 9110, 13.1.5), which
   * takes strong tags only. A server that ignores the range answers 200, and the file starts anew.
   *
   * A connection that breaks is opened again at once while it keeps bringing bytes; after
   * MAX_FRUITLESS attempts in a row without a new byte, or MAX_ATTEMPTS in all (guesses, nothing
   * measured), the source has failed. The partial file stays for the next pull.
   */
  private static final int MAX_FRUITLESS = 3;
  private static final int MAX_ATTEMPTS = 50;

  /** What is known of the wanted content before any contact. */
  record Wanted(long bytes, @Nullable Sha256 sha256) {
    static final Wanted ANYTHING = new Wanted(-1, null);
  }

  /**
   * A complete file with its verified, or where nothing was known beforehand its computed, hash.
   */
  record Fetched(Path file, long bytes, Sha256 sha256) {}

  /** The hub's word that its content is a blob the store holds already. */
  interface Held {
    boolean holds(Sha256 sha256, long bytes);
  }

  private final HubClient client;
  private final StoreOptions options;
  private final DiskSpace space;
  private final ProgressListener listener;
  private final CancellationSignal signal;

  HubDownload(
      HubClient client,
      StoreOptions options,
      DiskSpace space,
      ProgressListener listener,
      CancellationSignal signal) {
    this.client = client;
    this.options = options;
    this.space = space;
    this.listener = listener;
    this.signal = signal;
  }

  /**
   * Fetches {@code source} into {@code partial}.
   *
   * @param held asked once the hub has named the content; true ends the fetch without a transfer
   * @return the file, or the hash alone (with {@code file} not existing) when {@code held} answered
   *     true
   * @throws StoreException any kind that concerns one source, NO_SPACE, STORE_UNUSABLE or CANCELLED
   */
  Fetched fetch(HubSource source, Path partial, Wanted wanted, Held held) {
    boolean mayStartOver = size(partial) > 0;
    int fruitless = 0;
    for (int attempt = 1; ; attempt++) {
      signal.throwIfCancelled();
      long before = size(partial);
      try {
        return attempt(source, partial, wanted, held);
      } catch (StoreException e) {
        if (e.kind() == StoreException.Kind.WRONG_CONTENT && mayStartOver) {
          mayStartOver = false;
          discard(partial);
          listener.on(
              new Progress.Note("the continued file is not right, fetching it from the start"));
          continue;
        }
        if (e.kind() == StoreException.Kind.WRONG_CONTENT) discard(partial);
        if (e.kind() != StoreException.Kind.BROKEN_TRANSFER) throw e;
        fruitless = size(partial) > before ? 0 : fruitless + 1;
        if (fruitless >= MAX_FRUITLESS || attempt >= MAX_ATTEMPTS) throw e;
        mayStartOver = true;
        listener.on(new Progress.Note(e.getMessage() + "; continuing"));
      }
    }
  }

  private Fetched attempt(HubSource source, Path partial, Wanted wanted, Held held) {
    long have = size(partial);
    String tag = storedTag(partial);
    boolean identified = wanted.sha256() != null || !tag.isEmpty();
    if (have > 0 && (!identified || (wanted.bytes() >= 0 && have > wanted.bytes()))) {
      discard(partial);
      have = 0;
    }
    if (have > 0 && have == wanted.bytes()) return checked(partial, have, hashOf(partial), wanted);
    try (HubAnswer answer = client.open(source, have, tag.isEmpty() ? null : tag)) {
      Wanted known = refine(wanted, answer);
      if (known.sha256() != null && held.holds(known.sha256(), known.bytes())) {
        return new Fetched(partial, known.bytes(), known.sha256());
      }
      if (answer.status() == 416 || !continues(answer, have, tag)) {
        discard(partial);
        if (answer.status() != 200)
          throw broken("the server does not continue the partial file", null);
        have = 0;
      }
      return transfer(answer, partial, have, known);
    }
  }

  /**
   * Adds to what is wanted what the answer says about it; contradictions end the fetch before a
   * byte is moved.
   */
  private static Wanted refine(Wanted wanted, HubAnswer answer) {
    Sha256 said = answer.linkedSha256();
    if (said == null && answer.status() == 200)
      said = Sha256.fromEntityTag(answer.entityTag()).orElse(null);
    if (wanted.sha256() != null && said != null && !said.equals(wanted.sha256())) {
      throw wrongHash(wanted.sha256(), said, "nothing was stored");
    }
    Optional<HubAnswer.Range> range = answer.range();
    long bytes = answer.linkedBytes();
    if (bytes < 0 && answer.status() == 200) bytes = answer.contentLength();
    if (bytes < 0 && answer.status() == 206 && range.isPresent()) bytes = range.get().totalBytes();
    if (wanted.bytes() >= 0 && bytes >= 0 && bytes != wanted.bytes())
      throw wrongSize(wanted.bytes(), bytes);
    return new Wanted(
        wanted.bytes() >= 0 ? wanted.bytes() : bytes,
        wanted.sha256() != null ? wanted.sha256() : said);
  }

  /**
   * Whether the body goes on exactly where the partial file ends; a full answer with nothing on
   * disk does.
   */
  private static boolean continues(HubAnswer answer, long have, String tag) {
    if (answer.status() == 200) return have == 0;
    boolean sameContent =
        tag.isEmpty() || answer.entityTag().isEmpty() || answer.entityTag().equals(tag);
    return sameContent && answer.range().map(range -> range.first() == have).orElse(false);
  }

  private Fetched transfer(HubAnswer answer, Path partial, long have, Wanted known) {
    if (known.bytes() >= 0) space.require(known.bytes() - have);
    if (have > 0) listener.on(new Progress.Note("continuing an interrupted download"));
    InputStream body = answer.response().body();
    long written = have;
    try (BlobWriter writer = have > 0 ? BlobWriter.append(partial) : BlobWriter.create(partial);
        TransferWatch watch = new TransferWatch(body, options.stallAfter(), signal)) {
      if (have == 0) rememberTag(partial, answer.entityTag());
      listener.on(new Progress.Transferring(have, known.bytes()));
      byte[] buffer = new byte[BlobWriter.BUFFER_BYTES];
      while (true) {
        int n = read(body, buffer, watch);
        if (n < 0) break;
        watch.arrived();
        if (known.bytes() >= 0 && written + n > known.bytes())
          throw wrongSize(known.bytes(), written + n);
        writer.write(buffer, n);
        written = writer.bytes();
        listener.on(new Progress.Transferring(written, known.bytes()));
      }
      if (known.bytes() >= 0 && written < known.bytes()) {
        throw broken(
            "the transfer ended at %,d of %,d bytes".formatted(written, known.bytes()), null);
      }
      return checked(partial, written, writer.finish(), known);
    } catch (IOException e) {
      throw space.writeFailed(partial, Math.max(0, known.bytes() - written), e);
    }
  }

  /** A read whose failure is the network's, so that the writes' failures can be told apart. */
  private int read(InputStream body, byte[] buffer, TransferWatch watch) {
    int n;
    try {
      n = body.read(buffer);
    } catch (IOException e) {
      signal.throwIfCancelled();
      if (watch.stalled())
        throw broken("nothing arrived for " + HubClient.seconds(options.stallAfter()), e);
      throw broken("the connection broke: " + e.getMessage(), e);
    }
    if (n < 0) {
      signal.throwIfCancelled();
      if (watch.stalled())
        throw broken("nothing arrived for " + HubClient.seconds(options.stallAfter()), null);
    }
    return n;
  }

  private static Fetched checked(Path partial, long bytes, Sha256 got, Wanted known) {
    if (known.sha256() != null && !known.sha256().equals(got)) {
      throw wrongHash(known.sha256(), got, "the file was removed");
    }
    return new Fetched(partial, bytes, got);
  }

  private Sha256 hashOf(Path partial) {
    listener.on(new Progress.Working("checking"));
    try {
      return BlobWriter.hash(partial);
    } catch (IOException e) {
      throw space.writeFailed(partial, 0, e);
    }
  }

  static StoreException wrongHash(Sha256 expected, Sha256 got, String consequence) {
    return new StoreException(
        StoreException.Kind.WRONG_CONTENT,
        ("wrong content: expected SHA-256 %s, got %s; %s. Try again; if it happens again, the"
             + " source or a proxy on the way serves another file, so place the right one by hand")
            .formatted(expected, got, consequence));
  }

  static StoreException wrongSize(long expected, long got) {
    return new StoreException(
        StoreException.Kind.WRONG_CONTENT,
        ("wrong content: expected %,d bytes, got %,d; nothing was stored. The source or a proxy on"
                + " the way serves another file")
            .formatted(expected, got));
  }

  private static StoreException broken(String reason, @Nullable Throwable cause) {
    return cause == null
        ? new StoreException(StoreException.Kind.BROKEN_TRANSFER, reason)
        : new StoreException(StoreException.Kind.BROKEN_TRANSFER, reason, cause);
  }

  private static long size(Path partial) {
    try {
      return Files.size(partial);
    } catch (IOException absent) {
      return 0;
    }
  }

  /** Where the entity tag of a partial file is kept; whoever moves the file away removes it. */
  static Path tagFile(Path partial) {
    return partial.resolveSibling(partial.getFileName() + ".etag");
  }

  private static void rememberTag(Path partial, String tag) throws IOException {
    if (tag.isEmpty() || tag.startsWith("W/")) Files.deleteIfExists(tagFile(partial));
    else Files.writeString(tagFile(partial), tag);
  }

  private static String storedTag(Path partial) {
    try {
      String tag = Files.readString(tagFile(partial), StandardCharsets.UTF_8);
      return tag.matches("\"[\\x21\\x23-\\x7e]*\"") ? tag : "";
    } catch (IOException absent) {
      return "";
    }
  }

  private void discard(Path partial) {
    try {
      Files.deleteIfExists(partial);
      Files.deleteIfExists(tagFile(partial));
    } catch (IOException e) {
      throw space.writeFailed(partial, 0, e);
    }
  }
}
