package io.headrace;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the figures of a bench go: a table for people, and JSON lines where they are asked for. */
final class FigureOutput {
  @Option(names = "--json", arity = "0..1", fallbackValue = "-", paramLabel = "FILE", description = "JSON lines into a file, or on the output (the table then goes to the error stream).")
  private @Nullable String json;

  /** @throws Problem if the lines' file cannot be written */
  void print(String table, List<Map<String, @Nullable Object>> lines) {
    boolean toOutput = "-".equals(json);
    try {
      if (toOutput) System.out.print(text(lines));
      else if (json != null) Files.writeString(Path.of(json), text(lines));
    } catch (IOException unwritable) {
      throw new Problem("the figures cannot be written: " + unwritable.getMessage());
    }
    (toOutput ? System.err : System.out).print(table);
  }

  private static String text(List<Map<String, @Nullable Object>> lines) throws JsonProcessingException {
    ObjectMapper mapper = new ObjectMapper();
    StringBuilder text = new StringBuilder();
    for (Map<String, @Nullable Object> line : lines) text.append(mapper.writeValueAsString(line)).append('\n');
    return text.toString();
  }
}
