package io.headrace.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NamedReferencesTest {
  @TempDir Path home;

  private BlobFolder blobs;
  private NamedReferences references;

  @BeforeEach
  void open() {
    blobs = new BlobFolder(home, new DiskSpace(home, DiskSpace::ofFileStore));
    references = new NamedReferences(blobs);
  }

  private StoredModel model(String name) throws IOException {
    byte[] content = Worlds.text("content of " + name);
    Path blob = blobs.blob(Worlds.hash(content));
    Files.write(blob, content);
    return new StoredModel(
        name, blob, "f.gguf", content.length, Worlds.hash(content), "MIT", "test");
  }

  @Test
  void anyNameComesBackAsItWent() throws IOException {
    blobs.prepare();
    for (String name :
        List.of(
            "plain",
            "hf:org/repo/a b*c.gguf@x",
            "../../escape",
            ".",
            "x".repeat(400),
            "x".repeat(399) + "y")) {
      StoredModel written = model(name);
      references.write(written);
      assertEquals(written, references.find(name).orElseThrow());
    }
    assertEquals(6, references.all().size());
    try (var files = Files.list(home)) {
      assertEquals(4, files.count(), "nothing was written beside the store's folders");
    }
  }

  @Test
  void aNameWithoutItsBlobIsNotThere() throws IOException {
    blobs.prepare();
    StoredModel written = model("gone");
    references.write(written);
    Files.writeString(written.path(), "shorter");
    assertTrue(references.find("gone").isEmpty());
    assertTrue(references.all().isEmpty());
  }

  @Test
  void aDamagedReferenceIsPassedOver() throws IOException {
    assertTrue(references.all().isEmpty(), "no folder yet");
    blobs.prepare();
    references.write(model("good"));
    Files.writeString(home.resolve("refs/bad.json"), "{\"sha256\": 5");
    Files.writeString(home.resolve("refs/worse.json"), "{\"sha256\": \"../../etc/passwd\"}");
    assertEquals(List.of("good"), references.all().stream().map(StoredModel::name).toList());
  }
}
