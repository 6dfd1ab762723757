package io.headrace.store;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/** Writes a file and hashes it on the way. One thread. */
final class BlobWriter implements Closeable {
  static final int BUFFER_BYTES = 128 << 10;

  private final FileChannel channel;
  private final MessageDigest digest = Sha256.newDigest();
  private long bytes;

  private BlobWriter(FileChannel channel) {
    this.channel = channel;
  }

  /** Starts {@code file} anew. */
  static BlobWriter create(Path file) throws IOException {
    return new BlobWriter(
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING));
  }

  /** Continues {@code file}: reads what is there into the hash first. */
  static BlobWriter append(Path file) throws IOException {
    BlobWriter writer =
        new BlobWriter(FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
    try {
      writer.bytes = hashInto(writer.digest, file);
      writer.channel.position(writer.bytes);
      return writer;
    } catch (IOException | RuntimeException e) {
      writer.close();
      throw e;
    }
  }

  void write(byte[] buffer, int length) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(buffer, 0, length);
    while (rest.hasRemaining()) channel.write(rest);
    digest.update(buffer, 0, length);
    bytes += length;
  }

  /** Bytes in the file so far. */
  long bytes() {
    return bytes;
  }

  /** Makes the content durable and returns its hash; nothing may be written after. */
  Sha256 finish() throws IOException {
    channel.force(true);
    return Sha256.of(digest);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** The hash of a whole file. */
  static Sha256 hash(Path file) throws IOException {
    MessageDigest digest = Sha256.newDigest();
    hashInto(digest, file);
    return Sha256.of(digest);
  }

  private static long hashInto(MessageDigest digest, Path file) throws IOException {
    long total = 0;
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
        total += n;
      }
    }
    return total;
  }
}
