package io.headrace.endtoend;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;

/** Scripts for Node among the test resources: each prints one line of JSON a law, and each law becomes a test. */
final class NodeScript {
  private NodeScript() {}

  /** The folder of installed npm packages, in which {@code needed} must be; else the test is skipped. */
  static Path modules(String needed) {
    Assumptions.assumeTrue(program("node").isPresent(), "node is not on the PATH");
    String folder = System.getProperty("headrace.test.node.modules");
    Assumptions.assumeTrue(folder != null, "no npm packages: -Dheadrace.test.node.modules=FOLDER names none");
    Path modules = Path.of(folder).toAbsolutePath();
    Assumptions.assumeTrue(Files.isDirectory(modules.resolve(needed)), "npm package " + needed + " is not in " + modules);
    return modules;
  }

  /** The first of {@code names} on the PATH. */
  static Optional<Path> program(String... names) {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.of(names)
        .flatMap(name -> Stream.of(path.split(File.pathSeparator)).map(folder -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Runs {@code script}, a resource below {@code io/headrace}, and turns what it printed into tests. */
  static List<DynamicTest> run(String script, Duration atMost, String... arguments)
      throws IOException, InterruptedException, URISyntaxException {
    Path file = Path.of(NodeScript.class.getResource("/io/headrace/" + script).toURI());
    List<String> command = new ArrayList<>(List.of("node", file.toString()));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile("headrace-node", ".jsonl");
    Path err = Files.createTempFile("headrace-node", ".txt");
    try {
      Process node = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
      boolean ended = node.waitFor(atMost.toSeconds(), TimeUnit.SECONDS);
      if (!ended) {
        node.descendants().forEach(ProcessHandle::destroyForcibly);
        node.destroyForcibly().waitFor();
      }
      String said = Files.readString(err, StandardCharsets.UTF_8);
      List<DynamicTest> laws = new ArrayList<>();
      for (String line : Files.readAllLines(out, StandardCharsets.UTF_8)) {
        JsonNode law = RunningServer.JSON.readTree(line);
        laws.add(DynamicTest.dynamicTest(law.get("law").asText(), () -> assertTrue(law.get("failure").isNull(), law.get("failure").asText())));
      }
      laws.add(
          DynamicTest.dynamicTest(
              script + " ran to its end",
              () -> {
                assertTrue(ended, () -> "still running after " + atMost);
                assertTrue(node.exitValue() == 0, () -> "exit status " + node.exitValue() + ": " + said);
                assertFalse(laws.size() < 2, "it tried no law");
              }));
      return laws;
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }
}
