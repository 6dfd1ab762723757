package io.headrace;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.intake.cascade.Judges;
import io.headrace.intake.cascade.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the known answers that cascades compare with: a JSON object a line, {@code question}, {@code answer} and {@code correct}. Start-up only. */
final class CascadeReferences {
  /** Each one costs two prefills for every answer that is judged. */
  static final int MOST = 64;

  private CascadeReferences() {}

  /**
   * The judges of a configuration.
   *
   * @throws Problem if its file cannot be read, with the line
   */
  static Judges judges(ServerConfig config) {
    String file = config.text(Setting.CASCADE_REFERENCES);
    return file.isEmpty() ? Judges.FREE : new Judges(read(Path.of(file)));
  }

  static List<Reference> read(Path file) {
    List<Reference> references = new ArrayList<>();
    ObjectMapper json = new ObjectMapper();
    int number = 0;
    try {
      for (String line : Files.readAllLines(file)) {
        number++;
        if (line.isBlank()) continue;
        references.add(reference(json.readTree(line)));
      }
    } catch (JsonProcessingException | IllegalArgumentException wrong) {
      String problem = wrong instanceof JsonProcessingException syntax ? syntax.getOriginalMessage() : wrong.getMessage();
      throw new Problem("cascade.references: %s, line %d: %s".formatted(file, number, problem));
    } catch (IOException unreadable) {
      throw new Problem("cascade.references: the file %s cannot be read: %s".formatted(file, unreadable.getMessage()));
    }
    if (references.isEmpty() || references.size() > MOST) {
      throw new Problem("cascade.references: %s must have 1 to %d references, has %d".formatted(file, MOST, references.size()));
    }
    return references;
  }

  private static Reference reference(JsonNode node) {
    JsonNode correct = node.path("correct");
    if (!correct.isBoolean()) throw new IllegalArgumentException("correct must be true or false");
    return new Reference(text(node, "question"), text(node, "answer"), correct.booleanValue());
  }

  private static String text(JsonNode node, String field) {
    JsonNode value = node.path(field);
    if (!value.isTextual()) throw new IllegalArgumentException(field + " must be a text");
    return value.textValue();
  }
}
