package io.headrace.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The right to fetch one content, held by one thread of one process at a time.
 *
 * <p>The operating system drops it when its process dies, so there is no stale lock. Lock files
 * stay behind on purpose: removing one would let a waiter and a newcomer hold locks on two files of
 * the same name.
 */
final class PullLock implements AutoCloseable {
  private static final long RETRY_MILLIS = 200;

  private final FileChannel channel;

  private PullLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Takes the lock in {@code file}, waiting and saying so when another has it. */
  static PullLock take(Path file, ProgressListener listener, CancellationSignal signal) {
    FileChannel channel = null;
    try {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      boolean said = false;
      while (tryLock(channel) == null) {
        signal.throwIfCancelled();
        if (!said)
          listener.on(
              new Progress.Waiting("another process is fetching this model; waiting for it"));
        said = true;
        Thread.sleep(RETRY_MILLIS);
      }
      PullLock taken = new PullLock(channel);
      channel = null;
      return taken;
    } catch (IOException e) {
      throw new StoreException(
          StoreException.Kind.STORE_UNUSABLE,
          "cannot lock %s: %s. Set HEADRACE_HOME to a folder on a local disk that can be written"
              .formatted(file, DiskSpace.reason(e)),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(StoreException.Kind.CANCELLED, "the download was interrupted", e);
    } finally {
      if (channel != null) close(channel);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException inThisProcess) {
      return null;
    }
  }

  private static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // The descriptor is gone in any case, and the lock with it.
    }
  }

  @Override
  public void close() {
    close(channel);
  }
}
