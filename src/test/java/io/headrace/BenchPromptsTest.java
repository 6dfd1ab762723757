package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.intake.Prompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BenchPromptsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "Why? ~ Why?",
        "{\"turns\": [\"a\", \"b\"]} ~ a",
        "{\"question\": \"q\", \"answer\": \"no\"} ~ q",
        "{\"instruction\": \"i\", \"instances\": [{\"input\": \"x\"}]} ~ i\\n\\nx",
        "{\"instruction\": \"i\", \"input\": \"\"} ~ i",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"m\"}]} ~ m",
      })
  void wellKnownFormsAreAsked(String line, String asked) throws IOException {
    Prompt.Chat chat = assertInstanceOf(Prompt.Chat.class, read(line).prompts().getFirst());
    assertEquals(asked.replace("\\n", "\n"), chat.messages().getLast().get("content"));
  }

  @Test
  void aTextIsContinuedAndLinesAreTakenByNumber() throws IOException {
    BenchPrompts prompts = BenchPrompts.read(file("a\n\nb\n{\"text\": \"c\"}\nd\n"), 1, 2);
    assertEquals("prompts", prompts.name());
    assertEquals(2, prompts.prompts().size());
    assertEquals("c", assertInstanceOf(Prompt.Text.class, prompts.prompts().getLast()).text());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{\"a\": 1}", "{broken"})
  void whatHasNoPromptIsSaid(String line) throws IOException {
    Path file = file(line);
    assertTrue(assertThrows(Problem.class, () -> BenchPrompts.read(file, 0, 9)).getMessage().contains("prompts.jsonl"));
  }

  @Test
  void anOutputLoopsWhenEightTokensComeAFourthTime() {
    List<Integer> tokens = new ArrayList<>();
    for (int i = 0; i < 24; i++) tokens.add(i % 8);
    assertFalse(DecodingRounds.loops(tokens));
    for (int i = 0; i < 8; i++) tokens.add(i % 8);
    assertTrue(DecodingRounds.loops(tokens));
  }

  private BenchPrompts read(String line) throws IOException {
    return BenchPrompts.read(file(line), 0, 9);
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("prompts.jsonl"), text);
  }
}
