package io.headrace.store;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGeneratorFactory;

/** Small catalogues, contents and listeners for the store's tests. */
final class Worlds {
  static final HubSource HUB = new HubSource("org/tiny", "c0ffee", "tiny.gguf");
  static final PythonPackageSource WHEEL =
      new PythonPackageSource("tiny-model", "1.0", "tiny_model/tiny.gguf");

  private Worlds() {}

  /** Bytes that do not compress and never repeat. */
  static byte[] content(int bytes, long seed) {
    byte[] content = new byte[bytes];
    RandomGeneratorFactory.of("L64X128MixRandom").create(seed).nextBytes(content);
    return content;
  }

  static Sha256 hash(byte[] content) {
    MessageDigest digest = Sha256.newDigest();
    digest.update(content);
    return Sha256.of(digest);
  }

  static CatalogueEntry entry(byte[] content, ModelSource... sources) {
    return new CatalogueEntry(
        "tiny", "tiny.gguf", content.length, hash(content), "Apache-2.0", List.of(sources));
  }

  static ModelReference pinned(byte[] content, ModelSource... sources) {
    return new ModelReference.Catalogued(entry(content, sources));
  }

  static ModelReference hubFile() {
    return new ModelReference.HubFile(HUB);
  }

  /** Options with a hub on this machine and limits no honest test reaches. */
  static StoreOptions options(Path home, FakeHub hub) {
    return StoreOptions.in(home)
        .withHub(hub.address(), null)
        .withLimits(Duration.ofSeconds(30), Duration.ofSeconds(30));
  }

  static ModelStore store(StoreOptions options) {
    return new ModelStore(options, Catalogue.builtIn());
  }

  /** A listener that keeps everything, as an ordered trace. */
  static final class Trace implements ProgressListener {
    final List<Progress> events = new ArrayList<>();

    @Override
    public void on(Progress progress) {
      events.add(progress);
    }

    boolean mentions(String text) {
      return events.stream().anyMatch(event -> event.toString().contains(text));
    }
  }

  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
