package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What lies in load-tests: its scripts pass their own tests, and every line of the history says what it must. */
final class LoadTestsTest {
  private static final Path FOLDER = Path.of("load-tests");

  @Test
  void theScriptsPassTheirOwnTests() throws IOException, InterruptedException {
    assumeTrue(Files.isDirectory(FOLDER), "run from the project's root");
    ProcessBuilder builder = new ProcessBuilder("python3", "-m", "unittest", "discover", "-s", ".", "-t", ".");
    builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    Process process;
    try {
      process = builder.directory(FOLDER.toFile()).redirectErrorStream(true).start();
    } catch (IOException none) {
      assumeTrue(false, "no python3 here: " + none.getMessage());
      return;
    }
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
  }

  @Test
  void everyLineOfTheHistoryNamesItsCommandAndTheMachinesSpeed() throws IOException {
    Path history = FOLDER.resolve("history.jsonl");
    assumeTrue(Files.exists(history), "no history yet");
    List<String> lines = Files.readAllLines(history);
    for (String line : lines) {
      JsonNode entry = new ObjectMapper().readTree(line);
      for (String field : List.of("date", "commit", "title", "command", "model", "threads", "bandwidthGBs", "peakTops", "figures")) {
        assertTrue(entry.hasNonNull(field), () -> field + " is missing: " + line);
      }
      assertTrue(entry.get("figures").size() > 0, line);
    }
  }
}
