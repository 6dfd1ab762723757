package io.headrace.store;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.headrace.store.Worlds.Trace;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A hub on this machine that serves one file, and an empty store that pulls it. */
abstract class PullFromFakeHub {
  static final int BYTES = 300_000;

  @TempDir Path home;

  final byte[] content = Worlds.content(BYTES, 1);
  final Trace trace = new Trace();
  FakeHub hub;

  @BeforeEach
  final void start() {
    hub = new FakeHub(content);
  }

  @AfterEach
  final void stop() {
    hub.close();
  }

  Path pull(ModelReference reference) {
    return pull(reference, Worlds.options(home, hub));
  }

  Path pull(ModelReference reference, StoreOptions options) {
    return Worlds.store(options).pull(reference, trace, new CancellationSignal());
  }

  StoreException failure(ModelReference reference, StoreOptions options) {
    return assertThrows(StoreException.class, () -> pull(reference, options));
  }

  /** Where what was fetched so far is kept. */
  Path partial() {
    return home.resolve("downloads/sha256-" + Worlds.hash(content).hex() + ".partial");
  }
}
