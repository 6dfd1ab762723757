package io.headrace;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.intake.Prompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Prompts of a file, one a line. A line that begins with a brace is JSON: {@code text} is continued as it stands; {@code messages} are a
 * conversation; the first of {@code turns}, or {@code prompt}, {@code question} or {@code instruction} (with {@code input}, or that of the
 * first of {@code instances}, below it) is asked. Any other line is asked.
 *
 * @param name the file's name without its ending
 */
record BenchPrompts(String name, List<Prompt> prompts) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> QUESTIONS = List.of("prompt", "question", "instruction");

  /**
   * @param skip prompts left out at the beginning
   * @param most prompts taken
   * @throws Problem if the file cannot be read, a line has no prompt, or none is left
   */
  static BenchPrompts read(Path file, int skip, int most) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file).stream().filter(line -> !line.isBlank()).toList();
    } catch (IOException unreadable) {
      throw new Problem("the prompts %s cannot be read: %s".formatted(file, unreadable.getMessage()));
    }
    List<Prompt> prompts = new ArrayList<>();
    for (int i = skip; i < lines.size() && prompts.size() < most; i++) prompts.add(prompt(lines.get(i).strip(), file, i + 1));
    if (prompts.isEmpty()) throw new Problem("%s has %d prompts, none after skipping %d".formatted(file, lines.size(), skip));
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return new BenchPrompts(dot > 0 ? name.substring(0, dot) : name, List.copyOf(prompts));
  }

  @SuppressWarnings("unchecked")
  private static Prompt prompt(String line, Path file, int number) {
    if (!line.startsWith("{")) return asked(line);
    try {
      JsonNode node = JSON.readTree(line);
      if (node.path("text").isTextual()) return new Prompt.Text(node.get("text").textValue(), true, false);
      if (node.path("messages").isArray()) {
        List<Map<String, Object>> messages = JSON.treeToValue(node.get("messages"), List.class);
        return new Prompt.Chat(messages, List.of(), true, Map.of());
      }
      if (node.at("/turns/0").isTextual()) return asked(node.at("/turns/0").textValue());
      for (String field : QUESTIONS) {
        if (!node.path(field).isTextual()) continue;
        String input = node.path("input").asText(node.at("/instances/0/input").asText(""));
        return asked(node.get(field).textValue() + (input.isBlank() ? "" : "\n\n" + input));
      }
    } catch (JsonProcessingException wrong) {
      throw new Problem("%s, prompt %d is not JSON: %s".formatted(file, number, wrong.getOriginalMessage()));
    }
    throw new Problem("%s, prompt %d has none of text, messages, turns, prompt, question, instruction".formatted(file, number));
  }

  private static Prompt asked(String text) {
    return new Prompt.Chat(List.of(Map.of("role", "user", "content", text)), List.of(), true, Map.of());
  }
}
