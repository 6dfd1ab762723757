package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** When the script {@code headrace} builds and with what, and what {@code mvnw} runs. */
@Timeout(120)
final class LauncherBuildTest {
  @TempDir Path folder;
  private PretendedClone clone;

  @BeforeEach
  void layOut() throws IOException {
    clone = new PretendedClone(folder);
  }

  @Test
  void everythingThatABuildLacksIsNamedAtOnceWithOneCommand() throws IOException {
    for (String tool : List.of("mvn", "cmake", "g++")) Files.delete(clone.tools.resolve(tool));
    PretendedClone.Ran ran = clone.run("headrace", "serve");
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
    Files.delete(clone.tools.resolve("apt-get"));
    Files.delete(clone.tools.resolve("mvn"));
    Files.delete(clone.tools.resolve("g++"));
    PretendedClone.script(clone.tools.resolve("dnf"), "#!/usr/bin/env bash\n");
    String dnf = clone.run("headrace").err();
    assertTrue(dnf.contains("dnf install -y java-25-openjdk-devel maven gcc-c++\n"), dnf);
    Files.move(clone.tools.resolve("dnf"), clone.tools.resolve("brew"));
    String brew = clone.run("headrace").err();
    assertTrue(brew.contains("brew install openjdk@25 maven gcc\n"), brew);
    Files.delete(clone.tools.resolve("brew"));
    assertTrue(
        clone.run("headrace").err().contains("jdk maven g++ (with this machine's package manager"));
  }

  @Test
  void aBuiltServerNeedsNoToolsOfTheBuild() throws IOException {
    clone.built();
    clone.jdk(clone.jdks.resolve("25"), "25");
    for (String tool : List.of("mvn", "cmake", "g++", "make")) Files.delete(clone.tools.resolve(tool));
    assertEquals(0, clone.run("headrace").status());
  }

  @Test
  void itBuildsOnceAndAgainWhenASourceIsNewerOrGone() throws IOException {
    clone.jdk(clone.jdks.resolve("jdk-25"), "25");
    PretendedClone.Ran first = clone.run("headrace", "list");
    assertEquals(0, first.status(), first.err());
    assertTrue(first.err().contains("building (about a minute the first time"), first.err());
    assertFalse((first.out() + first.err()).contains("Maven's output"));
    assertTrue(first.out().startsWith("PID"), "only the command writes to standard output");
    String call = "jdk-25 | -f " + clone.root.toRealPath() + "/pom.xml -B -q -DskipTests package";
    assertEquals(List.of(call), clone.mavenCalls());
    assertEquals("", clone.run("headrace").err());
    assertEquals(1, clone.mavenCalls().size());
    for (String source : List.of("pom.xml", "src/main/java/Main.java", "kernels/CMakeLists.txt")) {
      PretendedClone.age(clone.root.resolve("target/.headrace-build"), 20);
      PretendedClone.age(clone.root.resolve("target/quarkus-app/quarkus-run.jar"), 20);
      PretendedClone.age(clone.root.resolve(source), 10);
      clone.run("headrace");
      PretendedClone.age(clone.root.resolve(source), 100);
    }
    assertEquals(4, clone.mavenCalls().size());
    Files.createFile(clone.root.resolve("README.md"));
    clone.run("headrace");
    assertEquals(4, clone.mavenCalls().size());
    PretendedClone.age(clone.root.resolve("target/.headrace-build"), 20);
    PretendedClone.age(clone.root.resolve("target/quarkus-app/quarkus-run.jar"), 20);
    Files.delete(clone.root.resolve("src/main/java/Main.java"));
    clone.run("headrace");
    assertEquals(5, clone.mavenCalls().size());
  }

  @Test
  void aFailedBuildShowsItsOutputAndIsTriedAgain() throws IOException {
    clone.jdk(clone.jdks.resolve("25"), "25");
    clone.environment.put("FAKE_FAILURE", "no such symbol");
    PretendedClone.Ran ran = clone.run("headrace");
    assertEquals(1, ran.status());
    assertTrue(ran.err().contains("[ERROR] no such symbol"), ran.err());
    assertTrue(ran.err().contains("the build failed"), ran.err());
    assertEquals("", ran.out());
    clone.environment.remove("FAKE_FAILURE");
    assertEquals(0, clone.run("headrace").status());
  }

  @Test
  void mvnwRunsTheInstalledMavenOnTheRightJdkForItsOwnProject() throws IOException {
    clone.jdk(clone.jdks.resolve("jdk-25"), "25");
    clone.environment.put("JAVA_HOME", clone.jdk(clone.folder.resolve("old"), "17").toString());
    assertEquals(0, clone.run("mvnw", "verify", "-Da=b c").status());
    clone.run("mvnw", "-f", "other.xml", "verify");
    assertEquals(
        List.of(
            "jdk-25 | -f " + clone.root.toRealPath() + "/pom.xml verify -Da=b c",
            "jdk-25 | -f other.xml verify"),
        clone.mavenCalls());
  }

  @Test
  void mvnwRefusesAMavenThatIsTooOldAndNamesAMissingOne() throws IOException {
    clone.jdk(clone.jdks.resolve("25"), "25");
    clone.environment.put("FAKE_MAVEN", "3.6.3");
    assertTrue(
        clone.run("mvnw", "verify").err().contains("Maven 3.8 or newer is needed, and mvn is 3.6"));
    clone.environment.put("FAKE_MAVEN", "4.0.0");
    assertEquals(0, clone.run("mvnw", "verify").status());
    Files.delete(clone.tools.resolve("mvn"));
    String err = clone.run("mvnw", "verify").err();
    assertTrue(err.contains("Maven 3.8 or newer is missing"), err);
    assertTrue(err.contains("apt-get install -y maven\n"), err);
  }
}
