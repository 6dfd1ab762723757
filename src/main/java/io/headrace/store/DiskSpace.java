package io.headrace.store;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** Whether the store's disk has room, and the words to say that it has not. Any thread. */
final class DiskSpace {
  private final Path home;
  private final ToLongFunction<Path> usableBytes;

  /** {@code usableBytes} answers for an existing folder; {@link #ofFileStore} is the real one. */
  DiskSpace(Path home, ToLongFunction<Path> usableBytes) {
    this.home = home;
    this.usableBytes = usableBytes;
  }

  static long ofFileStore(Path folder) {
    try {
      FileStore store = Files.getFileStore(folder);
      return store.getUsableSpace();
    } catch (IOException e) {
      return Long.MAX_VALUE; // Unknown is not full: writing will tell.
    }
  }

  /**
   * @throws StoreException NO_SPACE unless {@code bytes} more fit
   */
  void require(long bytes) {
    long free = usableBytes.applyAsLong(home);
    if (free < bytes) throw full(bytes, free);
  }

  /** The exception for a failed write: NO_SPACE if that is why, else STORE_UNUSABLE. */
  StoreException writeFailed(Path file, long bytesMissing, IOException cause) {
    long free = usableBytes.applyAsLong(home);
    String said = String.valueOf(cause.getMessage());
    if (free < bytesMissing
        || said.contains("No space left")
        || said.contains("not enough space")
        || said.contains("quota")) {
      return full(Math.max(bytesMissing, 1), free);
    }
    return new StoreException(
        StoreException.Kind.STORE_UNUSABLE,
        "cannot write %s: %s. Set HEADRACE_HOME to a folder that can be written"
            .formatted(file, reason(cause)),
        cause);
  }

  /** The failure in words: file exceptions often carry nothing but the path. */
  static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "a file is in the way";
      case NoSuchFileException _ -> "it vanished";
      case FileSystemException f when f.getReason() != null -> f.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }

  private StoreException full(long needed, long free) {
    return new StoreException(
        StoreException.Kind.NO_SPACE,
        ("not enough space in %s: %s more needed, %s free. Free some, or set HEADRACE_HOME to a "
                + "folder on a larger disk")
            .formatted(home, exact(needed), exact(free)));
  }

  private static String exact(long bytes) {
    return String.format(Locale.ROOT, "%,d bytes", bytes);
  }
}
