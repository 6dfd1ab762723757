package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.bench.BenchReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What may enter the performance history. */
final class BenchHistoryTest {
  @TempDir private Path folder;

  @Test
  void commandsAreKeptWithoutTheFoldersOfOneMachine() {
    List<String> given =
        List.of("bench", "-m", "/home/me/models/a.gguf", "--model=/x/b.gguf", "--history", "faster", "--runs", "9", "--json", "--set", "home=/x/y");
    assertEquals(
        List.of("bench", "-m", "a.gguf", "--model=b.gguf", "--runs", "9", "--set", "home=y"), BenchHistory.withoutFolders(given));
    assertEquals(List.of("-m", "hf:org/repo/f.gguf"), BenchHistory.withoutFolders(List.of("-m", "hf:org/repo/f.gguf")));
  }

  @Test
  void aDisturbedRunIsNotAdded() {
    BenchHistory history = new BenchHistory(folder.resolve("history.jsonl"));
    BenchReport disturbed = new BenchReport(5, OptionalDouble.of(0.2), List.of());
    String problem = assertThrows(Problem.class, () -> history.append("t", List.of(), LocalDate.EPOCH, disturbed)).getMessage();
    assertTrue(problem.contains("20.0 %"), problem);
    assertFalse(Files.exists(folder.resolve("history.jsonl")));
  }

  @Test
  void aRunWithoutACompleteRoundIsNotAdded() {
    BenchHistory history = new BenchHistory(folder.resolve("history.jsonl"));
    assertThrows(Problem.class, () -> history.append("t", List.of(), LocalDate.EPOCH, new BenchReport(0, OptionalDouble.empty(), List.of())));
  }

  @Test
  void aMissingFolderIsSaidBeforeAnythingIsMeasured() {
    assertThrows(Problem.class, () -> new BenchHistory(folder.resolve("none/history.jsonl")));
  }
}
