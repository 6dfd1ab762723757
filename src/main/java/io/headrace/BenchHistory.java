package io.headrace;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.BenchLines;
import io.headrace.bench.BenchReport;
import io.headrace.bench.BenchResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The performance history: a JSON line per measured change, figures with the machine's speed of the same run beside them. */
final class BenchHistory {
  private final Path file;

  /** @throws Problem if the file's folder does not exist */
  BenchHistory(Path file) {
    this.file = file;
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new Problem("--history-file: there is no folder %s; run from the project's root or name another file".formatted(folder));
    }
  }

  /**
   * Appends a line per subject.
   *
   * @throws Problem if the run was disturbed by other processes, or ended before a round was complete
   */
  void append(String title, List<String> command, LocalDate date, BenchReport report) {
    if (report.rounds() == 0) throw new Problem("nothing was added to %s: no round was complete".formatted(file));
    if (report.disturbed()) {
      throw new Problem(
          "nothing was added to %s: other processes took %.1f %% of the processors; run again when the machine is quiet"
              .formatted(file, report.foreign().orElse(0) * 100));
    }
    StringBuilder lines = new StringBuilder();
    String commit = commit(file.toAbsolutePath().getParent());
    try {
      for (BenchReport.Part part : report.parts()) {
        lines.append(new ObjectMapper().writeValueAsString(line(title, command, date, commit, report, part))).append('\n');
      }
      Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (JsonProcessingException impossible) {
      throw new AssertionError("maps of text and numbers are JSON", impossible);
    } catch (IOException unwritable) {
      throw new Problem("%s cannot be written: %s".formatted(file, unwritable.getMessage()));
    }
  }

  static Map<String, @Nullable Object> line(
      String title, List<String> command, LocalDate date, String commit, BenchReport report, BenchReport.Part part) {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("date", date.toString());
    line.put("commit", commit);
    line.put("title", title);
    line.put("command", String.join(" ", withoutFolders(command)));
    line.putAll(BenchLines.identity(part.subject()));
    line.put("rounds", report.rounds());
    line.put("bandwidthGBs", BenchLines.rounded(part.bandwidth().median()));
    line.put("peakTops", BenchLines.rounded(part.peak().median()));
    line.put("foreign", BenchLines.rounded(report.foreign().orElse(Double.NaN)));
    List<Map<String, @Nullable Object>> figures = new ArrayList<>();
    for (BenchResult result : part.results()) figures.add(BenchLines.figure(result));
    line.put("figures", figures);
    return line;
  }

  /** Arguments as they are worth keeping: where a file lay on one machine means nothing on another, nor does the title again. */
  static List<String> withoutFolders(List<String> arguments) {
    List<String> kept = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("--history") || argument.equals("--history-file") || argument.equals("--json")) {
        if (i + 1 < arguments.size() && !arguments.get(i + 1).startsWith("-")) i++;
        continue;
      }
      if (argument.startsWith("--history") || argument.startsWith("--json=")) continue;
      boolean path = argument.contains("/") && !argument.startsWith("hf:");
      kept.add(path ? withoutFolder(argument) : argument);
    }
    return kept;
  }

  private static String withoutFolder(String argument) {
    int value = argument.indexOf('=') + 1;
    return argument.substring(0, value) + argument.substring(argument.lastIndexOf('/') + 1);
  }

  /** The commit that is checked out, with a plus when there are changes on top; "unknown" outside a repository. */
  private static String commit(Path folder) {
    String hash = git(folder, "rev-parse", "--short=10", "HEAD");
    if (hash.isEmpty()) return "unknown";
    return git(folder, "status", "--porcelain", "--untracked-files=no").isEmpty() ? hash : hash + "+";
  }

  private static String git(Path folder, String... arguments) {
    List<String> command = new ArrayList<>(List.of("git", "-C", folder.toString()));
    command.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0 ? out : "";
    } catch (IOException none) {
      return "";
    } catch (InterruptedException hurry) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
