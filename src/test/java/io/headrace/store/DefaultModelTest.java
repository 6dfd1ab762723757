package io.headrace.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.headrace.testing.DefaultModel;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class DefaultModelTest {
  @Test
  void whatTheSourcesServeIsThePinnedFile() throws IOException {
    assumeTrue(DefaultModel.path().isPresent(), DefaultModel.absence());
    Path path = DefaultModel.path().orElseThrow();
    CatalogueEntry entry = Catalogue.builtIn().find(Catalogue.DEFAULT_MODEL).orElseThrow();
    assertEquals(entry.sha256(), BlobWriter.hash(path));
  }
}
