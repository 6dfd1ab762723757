package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The scripts {@code headrace} and {@code mvnw}, run in a copy of the project's outline with
 * pretended JDKs, a pretended Maven and a PATH that holds nothing else but what the scripts may
 * rely on.
 */
@Timeout(120)
final class LauncherTest {
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

  @TempDir Path folder;

  private final Map<String, String> environment = new TreeMap<>();
  private Path root;
  private Path tools;
  private Path jdks;

  private record Ran(int status, String out, String err, long pid) {
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

  @BeforeEach
  void layOut() throws IOException {
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

  private static void script(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    assertTrue(file.toFile().setExecutable(true));
  }

  private static void age(Path file, int seconds) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(seconds)));
  }

  private Path jdk(Path jdk, String version) throws IOException {
    script(jdk.resolve("bin/java"), JAVA);
    script(jdk.resolve("bin/javac"), "#!/usr/bin/env bash\n");
    Files.writeString(
        jdk.resolve("release"),
        "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\nOS_NAME=\"Linux\"\n");
    return jdk;
  }

  private void built() throws IOException {
    Path jar = root.resolve("target/quarkus-app/quarkus-run.jar");
    Files.createDirectories(jar.getParent());
    Files.writeString(jar, "");
    age(jar, 50);
  }

  private Ran run(String script, String... arguments) throws IOException {
    return runIn(folder, root.resolve(script), arguments);
  }

  private Ran runIn(Path cwd, Path script, String... arguments) throws IOException {
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

  private List<String> mavenCalls() throws IOException {
    Path calls = root.resolve("maven-calls");
    return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
  }

  @Test
  void argumentsReachJavaAsTheyWereGivenFromAnyFolder() throws IOException {
    built();
    jdk(jdks.resolve("25"), "25.0.3");
    Path link = Files.createSymbolicLink(folder.resolve("a link"), root.resolve("headrace"));
    for (Path script : List.of(root.resolve("headrace"), link)) {
      Ran ran = runIn(jdks, script, "serve", "--model", "a b", "", "*");
      assertEquals(0, ran.status(), ran.err());
      List<String> arguments = ran.arguments();
      int jar = arguments.indexOf("-jar");
      assertEquals(
          List.of(
              root.toRealPath() + "/target/quarkus-app/quarkus-run.jar",
              "serve",
              "--model",
              "a b",
              "",
              "*"),
          arguments.subList(jar + 1, arguments.size()));
      assertEquals(jdks.toRealPath().toString(), ran.value("CWD"));
      assertEquals("true", ran.value("TRACKING"));
      assertEquals("", ran.err());
    }
  }

  @Test
  void javaTakesThePlaceOfTheLauncherSoThatSignalsReachIt() throws IOException {
    built();
    jdk(jdks.resolve("25"), "25");
    Ran ran = run("headrace");
    assertEquals(Long.toString(ran.pid()), ran.value("PID"));
  }

  @Test
  void heapAndCollectorHaveDefaultsThatTheUserReplaces() throws IOException {
    built();
    jdk(jdks.resolve("25"), "25");
    List<String> plain = run("headrace").arguments();
    assertTrue(
        plain.containsAll(
            List.of("-Xmx512m", "-Xmn32m", "-Xms64m", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED")),
        plain::toString);
    environment.put("HEADRACE_JAVA_OPTS", "-Xmx2g -XX:+UseZGC -Dx=y");
    List<String> own = run("headrace").arguments();
    assertTrue(own.containsAll(List.of("-Xmx2g", "-XX:+UseZGC", "-Dx=y")), own::toString);
    assertFalse(own.contains("-Xmx512m") || own.contains("-Xmn32m") || own.contains("-Xms64m") || own.contains("-XX:+UseSerialGC"), own::toString);
  }

  @Test
  void theHeapsOfTheCLibraryAreFewAndTrimmedUnlessTheUserSaysOtherwise() throws IOException {
    built();
    jdk(jdks.resolve("25"), "25");
    Ran plain = run("headrace");
    assertEquals("2", plain.value("ARENAS"));
    assertTrue(plain.arguments().contains("-XX:TrimNativeHeapInterval=60000"), plain.arguments()::toString);
    environment.put("MALLOC_ARENA_MAX", "8");
    environment.put("HEADRACE_JAVA_OPTS", "-XX:TrimNativeHeapInterval=0");
    Ran own = run("headrace");
    assertEquals("8", own.value("ARENAS"));
    assertEquals("-XX:TrimNativeHeapInterval=0", own.arguments().stream().filter(a -> a.contains("TrimNativeHeap")).toList().getLast());
  }

  @Test
  void aClassCacheIsUsedOnTheJarItWasMadeWith() throws IOException {
    built();
    Path cache = classCache(jdk(jdks.resolve("25"), "25"));
    Ran ran = run("headrace", "serve", "a b");
    List<String> arguments = ran.arguments();
    assertTrue(arguments.contains("-XX:AOTCache=" + cache.toRealPath()), arguments::toString);
    int path = arguments.indexOf("-cp") + 1;
    String target = root.toRealPath() + "/target/";
    assertEquals(target + "headrace.aot.settings.jar:" + target + "headrace.aot.jar", arguments.get(path));
    assertEquals(List.of("io.headrace.Main", "serve", "a b"), arguments.subList(path + 1, arguments.size()));
    assertTrue(arguments.contains("-XX:+UseSerialGC") && arguments.contains("-Xlog:all=warning:stderr"), arguments::toString);
    assertEquals("", ran.err());
  }

  @Test
  void aClassCacheThatDoesNotFitIsPassedOverAndSaid() throws IOException {
    built();
    Path jdk = jdk(jdks.resolve("25"), "25.0.1");
    Path cache = classCache(jdk);
    age(cache, 60);
    assertPassedOver("older than the build");
    classCache(jdk(jdk, "25.0.3"));
    jdk(jdk, "25.0.1");
    assertPassedOver("another JDK than the one in " + jdk);
  }

  private void assertPassedOver(String reason) throws IOException {
    Ran ran = run("headrace", "serve");
    assertFalse(ran.arguments().toString().contains("AOTCache"), ran.out());
    assertTrue(ran.arguments().contains("-jar"), ran.out());
    assertTrue(ran.err().contains(reason), ran.err());
  }

  @Test
  void aClassCacheIsNotUsedWithAnotherCollector() throws IOException {
    built();
    classCache(jdk(jdks.resolve("25"), "25"));
    environment.put("HEADRACE_JAVA_OPTS", "-XX:+UseZGC");
    Ran ran = run("headrace", "serve");
    assertFalse(ran.arguments().toString().contains("AOTCache"), ran.out());
    assertEquals("", ran.err());
    environment.put("HEADRACE_JAVA_OPTS", "-XX:+UseSerialGC -Xmx2g");
    assertTrue(run("headrace", "serve").arguments().toString().contains("AOTCache"));
  }

  /** A cache as the build makes it with this JDK. */
  private Path classCache(Path jdk) throws IOException {
    Path cache = Files.writeString(root.resolve("target/headrace.aot"), "");
    Files.writeString(root.resolve("target/headrace.aot.jar"), "");
    Files.writeString(root.resolve("target/headrace.aot.settings.jar"), "");
    Files.writeString(root.resolve("target/headrace.aot.jdk"), Files.readString(jdk.resolve("release")));
    return cache;
  }

  @Test
  void javaKernelsGetAHeapForTheirWeightsHoweverTheyAreChosen() throws IOException {
    built();
    jdk(jdks.resolve("25"), "25");
    for (String[] line : new String[][] {{"serve", "--set", "kernels.tier=java"}, {"bench", "--tier", "java"}, {"bench", "--tier=java"}}) {
      assertTrue(run("headrace", line).arguments().contains("-Xmx2g"), () -> String.join(" ", line));
    }
    for (String variable : List.of("HEADRACE_KERNEL_TIER", "HEADRACE_KERNELS_TIER")) {
      environment.put(variable, "java");
      assertTrue(run("headrace", "serve").arguments().contains("-Xmx2g"), variable);
      environment.put(variable, "avx2");
      assertTrue(run("headrace", "serve").arguments().contains("-Xmx512m"), variable);
      environment.remove(variable);
    }
  }

  @Test
  void javaHomeIsTakenWhenItIsNewEnoughAndPassedOverWhenNot() throws IOException {
    built();
    jdk(jdks.resolve("jdk-25"), "25.0.1");
    environment.put("JAVA_HOME", jdk(folder.resolve("my jdk"), "26-ea").toString());
    assertEquals("my jdk", run("headrace").value("JDK"));
    environment.put("JAVA_HOME", jdk(folder.resolve("old jdk"), "21.0.2").toString());
    assertEquals("jdk-25", run("headrace").value("JDK"));
  }

  @Test
  void ofTheInstalledJdksTheClosestToTheTestedOneIsTaken() throws IOException {
    built();
    jdk(jdks.resolve("a"), "27");
    jdk(jdks.resolve("b"), "25.0.3");
    jdk(jdks.resolve("c"), "26.0.1");
    jdk(jdks.resolve("d"), "1.8.0_400");
    Files.createDirectories(jdks.resolve("e"));
    Files.delete(jdk(jdks.resolve("a runtime only"), "25").resolve("bin/javac"));
    assertEquals("b", run("headrace").value("JDK"));
  }

  @Test
  void theJavaOnThePathIsTheLastResort() throws IOException {
    built();
    Path elsewhere = jdk(folder.resolve("somewhere/jdk-25"), "25");
    Files.createSymbolicLink(folder.resolve("alternative"), elsewhere.resolve("bin/java"));
    Files.createSymbolicLink(tools.resolve("java"), folder.resolve("alternative"));
    assertEquals("jdk-25", run("headrace").value("JDK"));
  }

  @Test
  void withoutAJdkTheOldOneAndTheCommandAreNamed() throws IOException {
    built();
    jdk(jdks.resolve("jdk-17"), "17.0.15");
    for (String script : List.of("headrace", "mvnw")) {
      Ran ran = run(script, "--version");
      assertEquals(1, ran.status());
      assertTrue(
          ran.err().contains("a JDK 25 or newer (there is only 17 in " + jdks.resolve("jdk-17")),
          ran.err());
      assertTrue(ran.err().contains("apt-get install -y openjdk-25-jdk-headless\n"), ran.err());
      assertEquals("", ran.out());
    }
  }

  @Test
  void everythingThatABuildLacksIsNamedAtOnceWithOneCommand() throws IOException {
    for (String tool : List.of("mvn", "cmake", "g++")) Files.delete(tools.resolve(tool));
    Ran ran = run("headrace", "serve");
    assertEquals(1, ran.status());
    assertTrue(
        ran.err().contains("a JDK 25 or newer, Maven 3.8 or newer (mvn), cmake, g++"), ran.err());
    assertTrue(
        ran.err().contains("apt-get install -y openjdk-25-jdk-headless maven cmake g++\n"),
        ran.err());
    assertTrue(ran.err().contains("-Pno-native"), ran.err());
    assertEquals(
        1, ran.err().lines().filter(line -> line.contains("apt-get install")).count(), ran.err());
  }

  @Test
  void theCommandIsThatOfThisMachinesPackages() throws IOException {
    Files.delete(tools.resolve("apt-get"));
    Files.delete(tools.resolve("mvn"));
    Files.delete(tools.resolve("g++"));
    script(tools.resolve("dnf"), "#!/usr/bin/env bash\n");
    String dnf = run("headrace").err();
    assertTrue(dnf.contains("dnf install -y java-25-openjdk-devel maven gcc-c++\n"), dnf);
    Files.move(tools.resolve("dnf"), tools.resolve("brew"));
    String brew = run("headrace").err();
    assertTrue(brew.contains("brew install openjdk@25 maven gcc\n"), brew);
    Files.delete(tools.resolve("brew"));
    assertTrue(
        run("headrace").err().contains("jdk maven g++ (with this machine's package manager"));
  }

  @Test
  void aBuiltServerNeedsNoToolsOfTheBuild() throws IOException {
    built();
    jdk(jdks.resolve("25"), "25");
    for (String tool : List.of("mvn", "cmake", "g++", "make")) Files.delete(tools.resolve(tool));
    assertEquals(0, run("headrace").status());
  }

  @Test
  void itBuildsOnceAndAgainWhenASourceIsNewerOrGone() throws IOException {
    jdk(jdks.resolve("jdk-25"), "25");
    Ran first = run("headrace", "list");
    assertEquals(0, first.status(), first.err());
    assertTrue(first.err().contains("building (about a minute the first time"), first.err());
    assertFalse((first.out() + first.err()).contains("Maven's output"));
    assertTrue(first.out().startsWith("PID"), "only the command writes to standard output");
    String call = "jdk-25 | -f " + root.toRealPath() + "/pom.xml -B -q -DskipTests package";
    assertEquals(List.of(call), mavenCalls());
    assertEquals("", run("headrace").err());
    assertEquals(1, mavenCalls().size());
    for (String source : List.of("pom.xml", "src/main/java/Main.java", "kernels/CMakeLists.txt")) {
      age(root.resolve("target/.headrace-build"), 20);
      age(root.resolve("target/quarkus-app/quarkus-run.jar"), 20);
      age(root.resolve(source), 10);
      run("headrace");
      age(root.resolve(source), 100);
    }
    assertEquals(4, mavenCalls().size());
    Files.createFile(root.resolve("README.md"));
    run("headrace");
    assertEquals(4, mavenCalls().size());
    age(root.resolve("target/.headrace-build"), 20);
    age(root.resolve("target/quarkus-app/quarkus-run.jar"), 20);
    Files.delete(root.resolve("src/main/java/Main.java"));
    run("headrace");
    assertEquals(5, mavenCalls().size());
  }

  @Test
  void aFailedBuildShowsItsOutputAndIsTriedAgain() throws IOException {
    jdk(jdks.resolve("25"), "25");
    environment.put("FAKE_FAILURE", "no such symbol");
    Ran ran = run("headrace");
    assertEquals(1, ran.status());
    assertTrue(ran.err().contains("[ERROR] no such symbol"), ran.err());
    assertTrue(ran.err().contains("the build failed"), ran.err());
    assertEquals("", ran.out());
    environment.remove("FAKE_FAILURE");
    assertEquals(0, run("headrace").status());
  }

  @Test
  void mvnwRunsTheInstalledMavenOnTheRightJdkForItsOwnProject() throws IOException {
    jdk(jdks.resolve("jdk-25"), "25");
    environment.put("JAVA_HOME", jdk(folder.resolve("old"), "17").toString());
    assertEquals(0, run("mvnw", "verify", "-Da=b c").status());
    run("mvnw", "-f", "other.xml", "verify");
    assertEquals(
        List.of(
            "jdk-25 | -f " + root.toRealPath() + "/pom.xml verify -Da=b c",
            "jdk-25 | -f other.xml verify"),
        mavenCalls());
  }

  @Test
  void mvnwRefusesAMavenThatIsTooOldAndNamesAMissingOne() throws IOException {
    jdk(jdks.resolve("25"), "25");
    environment.put("FAKE_MAVEN", "3.6.3");
    assertTrue(
        run("mvnw", "verify").err().contains("Maven 3.8 or newer is needed, and mvn is 3.6"));
    environment.put("FAKE_MAVEN", "4.0.0");
    assertEquals(0, run("mvnw", "verify").status());
    Files.delete(tools.resolve("mvn"));
    String err = run("mvnw", "verify").err();
    assertTrue(err.contains("Maven 3.8 or newer is missing"), err);
    assertTrue(err.contains("apt-get install -y maven\n"), err);
  }
}
