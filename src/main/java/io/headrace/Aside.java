package io.headrace;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Something that is made on a thread of its own while its maker goes on. */
final class Aside<T> {
  private final CompletableFuture<T> made = new CompletableFuture<>();

  private Aside() {}

  static <T> Aside<T> start(String thread, Supplier<T> making) {
    Aside<T> aside = new Aside<>();
    Thread.ofPlatform().daemon().name(thread).start(() -> aside.make(making));
    return aside;
  }

  private void make(Supplier<T> making) {
    try {
      made.complete(making.get());
    } catch (RuntimeException | Error failed) {
      made.completeExceptionally(failed);
    }
  }

  /** Waits for it; throws what making it threw. */
  T result() {
    try {
      return made.join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) throw cause;
      if (failed.getCause() instanceof Error cause) throw cause;
      throw failed;
    }
  }

  /** Waits for it and gives it to {@code use}, or does nothing if it could not be made. */
  void result(Consumer<T> use) {
    made.handle((thing, _) -> thing).thenAccept(thing -> {
      if (thing != null) use.accept(thing);
    }).join();
  }
}
