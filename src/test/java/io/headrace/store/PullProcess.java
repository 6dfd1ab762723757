package io.headrace.store;

import java.net.URI;
import java.nio.file.Path;

/**
 * A process that pulls one file: arguments are home, hub address, SHA-256 and size. Prints the
 * file, or the failure.
 */
final class PullProcess {
  private PullProcess() {}

  public static void main(String[] args) {
    CatalogueEntry entry =
        new CatalogueEntry(
            "tiny",
            "tiny.gguf",
            Long.parseLong(args[3]),
            new Sha256(args[2]),
            "Apache-2.0",
            java.util.List.of(Worlds.HUB));
    StoreOptions options = StoreOptions.in(Path.of(args[0])).withHub(URI.create(args[1]), null);
    var listener =
        (ProgressListener)
            event -> {
              if (!(event instanceof Progress.Transferring)) System.out.println(event);
            };
    Path path =
        new ModelStore(options)
            .pull(new ModelReference.Catalogued(entry), listener, new CancellationSignal());
    System.out.println("PULLED " + path);
  }
}
