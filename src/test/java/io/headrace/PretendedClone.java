package io.headrace;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A copy of the project's outline with its scripts {@code headrace} and {@code mvnw}, pretended JDKs, a pretended Maven and a PATH that holds nothing
 * else but what the scripts may rely on.
 */
final class PretendedClone {
  private static final List<String> BASICS =
      List.of(
          "bash",
          "dirname",
          "basename",
          "readlink",
          "find",
          "head",
          "tail",
          "touch",
          "mkdir",
          "mv",
          "rm",
          "id",
          "tr",
          "sed",
          "cat",
          "env");

  /** A java that tells how it was started. */
  private static final String JAVA =
      """
      #!/usr/bin/env bash
      printf 'PID %s\\n' "$$"
      printf 'JDK %s\\n' "$(basename "$(dirname "$(dirname "$0")")")"
      printf 'CWD %s\\n' "$PWD"
      printf 'TRACKING %s\\n' "${OPT_OUT_TRACKING:-on}"
      printf 'ARENAS %s\\n' "${MALLOC_ARENA_MAX:-any}"
      for a in "$@"; do printf 'ARG <%s>\\n' "$a"; done
      """;

  /** A Maven that notes its call and builds. */
  private static final String MAVEN =
      """
      #!/usr/bin/env bash
      if [ "$1" = -v ]; then echo "Apache Maven ${FAKE_MAVEN:-3.8.7} (x)"; exit 0; fi
      printf '%s | %s\\n' "$(basename "$JAVA_HOME")" "$*" >>"$FAKE_ROOT/maven-calls"
      echo "this is Maven's output"
      if [ -n "${FAKE_FAILURE:-}" ]; then echo "[ERROR] $FAKE_FAILURE"; exit 1; fi
      mkdir -p "$FAKE_ROOT/target/quarkus-app"
      touch "$FAKE_ROOT/target/quarkus-app/quarkus-run.jar"
      """;

  final Path folder;
  final Map<String, String> environment = new TreeMap<>();
  final Path root;
  final Path tools;
  final Path jdks;

  /** How a script ended. */
  record Ran(int status, String out, String err, long pid) {
    List<String> arguments() {
      return out.lines()
          .filter(line -> line.startsWith("ARG <"))
          .map(line -> line.substring(5, line.length() - 1))
          .toList();
    }

    String value(String name) {
      return out.lines()
          .filter(line -> line.startsWith(name + " "))
          .findFirst()
          .orElse("")
          .substring(name.length() + 1);
    }
  }

  /** Lays it out below {@code folder}; where the tests cannot run they are skipped. */
  PretendedClone(Path folder) throws IOException {
    this.folder = folder;
    Path project = Path.of("").toAbsolutePath();
    assumeTrue(
        Files.isRegularFile(project.resolve("headrace")),
        "the tests do not run in the project's folder");
    for (String tool : BASICS)
      assumeTrue(onPath(tool).isPresent(), "the launcher's test needs " + tool);
    root = Files.createDirectories(folder.resolve("a clone"));
    for (String file : List.of("headrace", "mvnw", "config/find-jdk.sh", "config/aot.sh")) {
      Path copy = root.resolve(file);
      Files.createDirectories(copy.getParent());
      Files.copy(project.resolve(file), copy, StandardCopyOption.COPY_ATTRIBUTES);
    }
    Files.createDirectories(root.resolve("src/main/java"));
    Files.createDirectories(root.resolve("kernels"));
    for (String file : List.of("pom.xml", "src/main/java/Main.java", "kernels/CMakeLists.txt")) {
      Files.writeString(root.resolve(file), "x");
      age(root.resolve(file), 100);
    }
    for (String old : List.of("src/main/java", "src/main", "kernels")) age(root.resolve(old), 100);
    tools = Files.createDirectories(folder.resolve("tools"));
    for (String tool : BASICS) {
      script(tools.resolve(tool), "#!/bin/sh\nexec " + onPath(tool).orElseThrow() + " \"$@\"\n");
    }
    for (String tool : List.of("cmake", "make", "g++"))
      script(tools.resolve(tool), "#!/usr/bin/env bash\n");
    script(tools.resolve("mvn"), MAVEN);
    script(tools.resolve("apt-get"), "#!/usr/bin/env bash\n");
    script(
        tools.resolve("apt-cache"), "#!/usr/bin/env bash\n[ \"$2\" = openjdk-25-jdk-headless ]\n");
    jdks = Files.createDirectories(folder.resolve("jdks"));
    environment.put("PATH", tools.toString());
    environment.put("HOME", folder.toString());
    environment.put("HEADRACE_JDK_FOLDERS", jdks.toString());
    environment.put("FAKE_ROOT", root.toString());
  }

  private static Optional<Path> onPath(String tool) {
    return Arrays.stream(System.getenv("PATH").split(":"))
        .map(part -> Path.of(part, tool))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static void script(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    assertTrue(file.toFile().setExecutable(true));
  }

  static void age(Path file, int seconds) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(seconds)));
  }

  /** A JDK that says how it was started. */
  Path jdk(Path jdk, String version) throws IOException {
    script(jdk.resolve("bin/java"), JAVA);
    script(jdk.resolve("bin/javac"), "#!/usr/bin/env bash\n");
    Files.writeString(
        jdk.resolve("release"),
        "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\nOS_NAME=\"Linux\"\n");
    return jdk;
  }

  /** As if a build had been. */
  void built() throws IOException {
    Path jar = root.resolve("target/quarkus-app/quarkus-run.jar");
    Files.createDirectories(jar.getParent());
    Files.writeString(jar, "");
    age(jar, 50);
  }

  /** Runs a script of the clone from outside it. */
  Ran run(String script, String... arguments) throws IOException {
    return runIn(folder, root.resolve(script), arguments);
  }

  Ran runIn(Path cwd, Path script, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(script.toString()));
    command.addAll(List.of(arguments));
    Path err = folder.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(cwd.toFile()).redirectError(err.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    try (var in = process.getInputStream()) {
      String out = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the script does not end");
      return new Ran(process.exitValue(), out, Files.readString(err), process.pid());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** What Maven was asked, a line each. */
  List<String> mavenCalls() throws IOException {
    Path calls = root.resolve("maven-calls");
    return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
  }
}
