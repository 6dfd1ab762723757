package io.headrace.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The layout of the store's folder, and the one way a file gets into it.
 *
 * <pre>
 * blobs/sha256-HEX            complete, checked content
 * refs/NAME.json              what a name stands for ({@link NamedReferences})
 * downloads/KEY.partial       an interrupted transfer, with KEY.partial.etag beside it
 * downloads/KEY.work/         of a running pip
 * locks/KEY.lock              held while KEY is fetched ({@link PullLock})
 * </pre>
 */
final class BlobFolder {
  private final Path home;
  private final DiskSpace space;

  BlobFolder(Path home, DiskSpace space) {
    this.home = home;
    this.space = space;
  }

  /** Makes the folders. */
  void prepare() {
    for (String part : new String[] {"blobs", "refs", "downloads", "locks"}) {
      try {
        Files.createDirectories(home.resolve(part));
      } catch (IOException e) {
        throw space.writeFailed(home.resolve(part), 0, e);
      }
    }
  }

  Path blob(Sha256 sha256) {
    return home.resolve("blobs").resolve(key(sha256));
  }

  /** Whether the content is here in its right size; -1 accepts any size. Does not read it. */
  boolean holds(Sha256 sha256, long bytes) {
    try {
      Path blob = blob(sha256);
      return Files.isRegularFile(blob) && (bytes < 0 || Files.size(blob) == bytes);
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether the content is here and still hashes to its name. Reads all of it. */
  boolean intact(Sha256 sha256, long bytes) {
    try {
      return holds(sha256, bytes) && BlobWriter.hash(blob(sha256)).equals(sha256);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Moves a checked file to where its hash belongs, in one step that other processes see whole or
   * not at all.
   */
  Path place(Path checked, Sha256 sha256) {
    Path blob = blob(sha256);
    try {
      Files.move(
          checked, blob, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return blob;
    } catch (IOException e) {
      throw space.writeFailed(blob, 0, e);
    }
  }

  /** Removes leftovers of fetching {@code key}. */
  void clearDownloads(String key) {
    try {
      Files.deleteIfExists(partial(key));
      Files.deleteIfExists(HubDownload.tagFile(partial(key)));
      WheelDownload.clear(work(key));
    } catch (IOException e) {
      throw space.writeFailed(partial(key), 0, e);
    }
  }

  static String key(Sha256 sha256) {
    return "sha256-" + sha256.hex();
  }

  Path partial(String key) {
    return home.resolve("downloads").resolve(key + ".partial");
  }

  Path work(String key) {
    return home.resolve("downloads").resolve(key + ".work");
  }

  Path lock(String key) {
    return home.resolve("locks").resolve(key + ".lock");
  }

  Path references() {
    return home.resolve("refs");
  }
}
