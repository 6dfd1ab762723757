package io.headrace.train.distil;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.train.CorpusException;
import io.headrace.train.CorpusSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Prompts of a file, or of some of its lines: {@code FILE} or {@code FILE:FIRST-LAST}, lines counted from 1. A name that ends in
 * {@code .jsonl} or {@code .json} means an object per line, of which {@value #FIELDS} is taken, the first there is; an {@code
 * instruction} is followed by its {@code input}. Any other file has a prompt per line. Blank lines are passed over.
 *
 * @param source what is kept of it in a corpus
 * @param prompts in order
 */
public record PromptFile(CorpusSettings.Source source, List<String> prompts) {
  static final String FIELDS = "prompt, question, instruction, text, turns[0], messages[last user]";

  private static final Pattern LINES = Pattern.compile("(.+):(\\d+)-(\\d+)");
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Reads what {@code name} names.
   *
   * @throws CorpusException if the file cannot be read, a line holds no prompt, or the lines are not there
   */
  public static PromptFile read(String name) {
    Matcher range = LINES.matcher(name);
    boolean part = range.matches() && !Files.exists(Path.of(name));
    Path file = Path.of(part ? range.group(1) : name);
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (IOException unreadable) {
      throw new CorpusException(file, "the prompts cannot be read: " + unreadable, unreadable);
    }
    List<String> lines = new String(bytes, StandardCharsets.UTF_8).lines().toList();
    int first = 1;
    int last = lines.size();
    try {
      if (part) {
        first = Integer.parseInt(range.group(2));
        last = Integer.parseInt(range.group(3));
      }
    } catch (NumberFormatException large) {
      first = 0;
    }
    if (first < 1 || last < first || last > lines.size()) {
      throw new CorpusException(file, "has %d lines; %s asks for others".formatted(lines.size(), name));
    }
    boolean json = file.toString().endsWith(".jsonl") || file.toString().endsWith(".json");
    List<String> prompts = new ArrayList<>();
    for (int i = first; i <= last; i++) {
      String line = lines.get(i - 1);
      if (line.isBlank()) continue;
      prompts.add(json ? prompt(file, i, line) : line.strip());
    }
    if (prompts.isEmpty()) throw new CorpusException(file, "has no prompt in lines %d to %d".formatted(first, last));
    var source = new CorpusSettings.Source(String.valueOf(file.getFileName()), sha256(bytes), first, last, prompts.size());
    return new PromptFile(source, List.copyOf(prompts));
  }

  private static String prompt(Path file, int line, String text) {
    JsonNode node;
    try {
      node = JSON.readTree(text);
    } catch (JacksonException wrong) {
      throw new CorpusException(file, "line %d is no JSON object: %s".formatted(line, wrong.getOriginalMessage()), wrong);
    }
    String found = find(node);
    if (found == null || found.isBlank()) throw new CorpusException(file, "line %d has none of %s".formatted(line, FIELDS));
    return found.strip();
  }

  private static @Nullable String find(JsonNode node) {
    for (String field : List.of("prompt", "question")) {
      if (node.path(field).isTextual()) return node.path(field).textValue();
    }
    if (node.path("instruction").isTextual()) {
      JsonNode input = node.path("input").isTextual() ? node.path("input") : node.path("instances").path(0).path("input");
      String more = input.asText("");
      return node.path("instruction").textValue() + (more.isBlank() ? "" : "\n\n" + more);
    }
    if (node.path("text").isTextual()) return node.path("text").textValue();
    if (node.path("turns").path(0).isTextual()) return node.path("turns").path(0).textValue();
    String said = null;
    for (JsonNode message : node.path("messages")) {
      if (message.path("role").asText().equals("user") && message.path("content").isTextual()) said = message.path("content").textValue();
    }
    return said;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every JDK has SHA-256", impossible);
    }
  }
}
