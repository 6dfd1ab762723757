package io.headrace.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.store.StoreException.Kind;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ReferenceParserTest {
  @TempDir Path folder;

  private final ReferenceParser parser = new ReferenceParser(Catalogue.builtIn());

  private StoreException refused(String model) {
    return assertThrows(StoreException.class, () -> parser.parse(model));
  }

  @Test
  void theDefaultModelIsInTheCatalogueAndPinned() {
    var entry = ((ModelReference.Catalogued) parser.parse(Catalogue.DEFAULT_MODEL)).entry();
    assertEquals(98_362_432L, entry.bytes());
    assertEquals(
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53", entry.sha256().hex());
    assertEquals(2, entry.sources().size());
  }

  @Test
  void aHubReferenceHasARepositoryAFileAndPerhapsARevision() {
    var file =
        (ModelReference.HubFile)
            parser.parse("hf:some-org/Some_Model.GGUF/folder/a model-Q4_1.gguf@refs/pr/3");
    assertEquals(
        new HubSource("some-org/Some_Model.GGUF", "refs/pr/3", "folder/a model-Q4_1.gguf"),
        file.source());
    assertEquals(
        URI.create(
            "https://host/mirror/some-org/Some_Model.GGUF/resolve/refs%2Fpr%2F3/"
                + "folder/a%20model-Q4_1.gguf"),
        file.source().address(URI.create("https://host/mirror/")));
    assertEquals("hf:o/r/f.gguf", parser.parse("hf:o/r/f.gguf").name());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hf:",
        "hf:o/r",
        "hf:o/r/",
        "hf:o/../f.gguf",
        "hf:o/r/../f.gguf",
        "hf:o/r//f.gguf",
        "hf:o/r/f.gguf@",
        "hf:o/r/f?x.gguf",
        "hf:o/r/model.safetensors",
        "hf:-o/r/f.gguf"
      })
  void aMalformedHubReferenceIsRefused(String model) {
    assertEquals(Kind.BAD_REFERENCE, refused(model).kind());
  }

  @Test
  void anUnknownNameListsTheCatalogueAndTheOtherForms() {
    StoreException e = refused("smollm3");
    assertEquals(Kind.UNKNOWN_MODEL, e.kind());
    assertTrue(e.getMessage().contains("smollm2-135m-instruct"), e.getMessage());
    assertTrue(e.getMessage().contains("hf:"), e.getMessage());
    assertEquals(Kind.UNKNOWN_MODEL, refused(" ").kind());
    assertEquals(Kind.UNKNOWN_MODEL, refused("nul\0byte").kind());
  }

  @Test
  void whatLooksLikeAPathIsAMissingFile() {
    assertEquals(Kind.NO_SUCH_FILE, refused(folder.resolve("absent.gguf").toString()).kind());
    assertEquals(Kind.NO_SUCH_FILE, refused("absent.gguf").kind());
    assertEquals(Kind.NO_SUCH_FILE, refused("./absent").kind());
  }

  @Test
  void filesAndFoldersAreTakenAsTheyAre() throws IOException {
    Path file = Files.writeString(folder.resolve("My Model.gguf"), "x");
    assertEquals(new ModelReference.LocalFile(file), parser.parse(file.toString()));
    assertEquals("My Model", parser.parse(file.toString()).name());
    Path model = Files.createDirectory(folder.resolve("tiny"));
    assertEquals(Kind.BAD_REFERENCE, refused(model.toString()).kind());
    Path part = Files.writeString(model.resolve("model.safetensors"), "x");
    assertTrue(refused(model.toString()).getMessage().contains("no config.json"));
    Files.writeString(model.resolve("config.json"), "{}");
    assertEquals(new ModelReference.LocalFolder(model), parser.parse(model.toString()));
    assertTrue(refused(part.toString()).getMessage().contains("name its folder"));
  }
}
