package io.headrace.train.distil;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.train.CorpusException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PromptFileTest {
  @TempDir Path folder;

  private String file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content).toString();
  }

  @Test
  void jsonLinesOfTheUsualSetsAreUnderstood() throws IOException {
    String name =
        file(
            "set.jsonl",
            """
            {"question": "How many?", "answer": "4"}
            {"question_id": 0, "turns": ["First turn", "second"]}

            {"instruction": "Sum up.", "instances": [{"input": "A text.", "output": "T"}]}
            {"instruction": "Sum up.", "input": ""}
            {"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]}
            {"prompt": " P "}
            """);
    PromptFile read = PromptFile.read(name);
    assertEquals(List.of("How many?", "First turn", "Sum up.\n\nA text.", "Sum up.", "U", "P"), read.prompts());
    assertEquals("set.jsonl", read.source().name());
    assertEquals(6, read.source().count());
    assertEquals(64, read.source().sha256().length());
  }

  @Test
  void aRangeTakesTheseLinesOfAText() throws IOException {
    String name = file("set.txt", "one\ntwo\n\nfour\n");
    assertEquals(List.of("one", "two", "four"), PromptFile.read(name).prompts());
    assertEquals(List.of("two", "four"), PromptFile.read(name + ":2-4").prompts());
    assertEquals(2, PromptFile.read(name + ":2-4").source().first());
  }

  @Test
  void whatHoldsNoPromptIsRefusedByItsLine() throws IOException {
    String name = file("set.jsonl", "{\"prompt\": \"a\"}\n{\"answer\": \"b\"}\n");
    var error = assertThrows(CorpusException.class, () -> PromptFile.read(name));
    assertTrue(error.getMessage().contains("line 2"), error.getMessage());
    assertEquals(List.of("a"), PromptFile.read(name + ":1-1").prompts());
    assertThrows(CorpusException.class, () -> PromptFile.read(name + ":2-3"));
    assertThrows(CorpusException.class, () -> PromptFile.read(name + ":0-1"));
    assertThrows(CorpusException.class, () -> PromptFile.read(folder.resolve("none").toString()));
    String broken = file("broken.jsonl", "{\"prompt\":\n");
    assertThrows(CorpusException.class, () -> PromptFile.read(broken));
  }
}
