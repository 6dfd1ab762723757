package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.intake.cascade.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CascadeReferencesTest {
  @TempDir Path folder;

  @Test
  void everyLineIsAReference() throws IOException {
    String lines =
        """
        {"question": "1 + 1?", "answer": "2", "correct": true}

        {"question": "2 + 2?", "answer": "5", "correct": false, "source": "ours"}
        """;
    assertEquals(List.of(new Reference("1 + 1?", "2", true), new Reference("2 + 2?", "5", false)), CascadeReferences.read(file(lines)));
  }

  @Test
  void aWrongLineIsNamed() throws IOException {
    String good = "{\"question\": \"q\", \"answer\": \"a\", \"correct\": true}\n";
    for (String wrong : List.of("{\"question\": \"q\", \"answer\": \"a\"}", "{\"question\": \"\", \"answer\": \"a\", \"correct\": true}", "[]", "{")) {
      Path file = file(good + wrong);
      String said = assertThrows(Problem.class, () -> CascadeReferences.read(file)).getMessage();
      assertTrue(said.contains("cascade.references") && said.contains("line 2"), said);
    }
  }

  @Test
  void noneAndTooManyAreRefused() throws IOException {
    Path empty = file("\n");
    assertThrows(Problem.class, () -> CascadeReferences.read(empty));
    Path many = file("{\"question\": \"q\", \"answer\": \"a\", \"correct\": true}\n".repeat(CascadeReferences.MOST + 1));
    assertThrows(Problem.class, () -> CascadeReferences.read(many));
    assertThrows(Problem.class, () -> CascadeReferences.read(folder.resolve("none")));
  }

  private Path file(String text) throws IOException {
    return Files.writeString(Files.createTempFile(folder, "references", ".jsonl"), text);
  }
}
