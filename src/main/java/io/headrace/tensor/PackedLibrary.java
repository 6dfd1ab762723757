package io.headrace.tensor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/** The native library that is packed with the classes, written to a folder so that it can be loaded. */
final class PackedLibrary {
  static final String FILE_NAME = "libheadrace_kernels.so";
  private static final String RESOURCE = "/io/headrace/native/linux-x86_64/" + FILE_NAME;

  private PackedLibrary() {}

  /**
   * The library's path below {@code folder}, or empty when none is packed. The file is named by its content and put in place by a
   * rename, so processes that start together, or of different versions, do not disturb one another.
   *
   * @throws KernelFault if the folder cannot be written
   */
  static Optional<Path> extract(Path folder) {
    byte[] content;
    try (InputStream packed = PackedLibrary.class.getResourceAsStream(RESOURCE)) {
      if (packed == null) return Optional.empty();
      content = packed.readAllBytes();
      Files.createDirectories(folder);
      Path target = folder.resolve("headrace_kernels-" + hash(content) + ".so");
      if (Files.isRegularFile(target) && Files.size(target) == content.length) {
        return Optional.of(target);
      }
      Path fresh = Files.createTempFile(folder, "headrace_kernels-", ".new");
      try {
        Files.write(fresh, content);
        move(fresh, target);
      } finally {
        Files.deleteIfExists(fresh);
      }
      return Optional.of(target);
    } catch (IOException failed) {
      throw new KernelFault(
          "cannot write the native kernels to %s: %s; make the folder writable or choose another"
              .formatted(folder, failed));
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException plain) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static String hash(byte[] content) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
      return HexFormat.of().formatHex(digest, 0, 12);
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every JDK has SHA-256", impossible);
    }
  }
}
