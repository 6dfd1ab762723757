package io.headrace.tensor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

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

  /** Two checksums: they tell builds apart, and are native also in a JVM that has compiled nothing yet. */
  private static String hash(byte[] content) {
    CRC32 one = new CRC32();
    CRC32C two = new CRC32C();
    one.update(content);
    two.update(content);
    return "%08x%08x".formatted(one.getValue(), two.getValue());
  }
}
