package io.headrace.tensor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The native library that is packed with the classes, written to a folder so that it can be loaded. */
final class PackedLibrary {
  static final String FILE_NAME = "libheadrace_kernels.so";
  private static final String RESOURCE = "/io/headrace/native/linux-x86_64/" + FILE_NAME;

  private PackedLibrary() {}

  /**
   * The library's path below {@code folder}, or empty when none is packed. The file is named by its content, as the build says beside
   * it, and put in place by a rename, so processes that start together, or of different versions, do not disturb one another. One that is
   * there already is not read again.
   *
   * @throws KernelFault if the folder cannot be written
   */
  static Optional<Path> extract(Path folder) {
    try {
      byte[] id = packed(RESOURCE + ".id");
      if (id == null) return Optional.empty();
      String[] hashAndSize = new String(id, StandardCharsets.US_ASCII).split(" ");
      Path target = folder.resolve("headrace_kernels-" + hashAndSize[0].substring(0, 16) + ".so");
      if (Files.isRegularFile(target) && Files.size(target) == Long.parseLong(hashAndSize[1])) return Optional.of(target);
      byte[] content = packed(RESOURCE);
      if (content == null) return Optional.empty();
      Files.createDirectories(folder);
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

  private static byte @Nullable [] packed(String resource) throws IOException {
    try (InputStream in = PackedLibrary.class.getResourceAsStream(resource)) {
      return in == null ? null : in.readAllBytes();
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException plain) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
