package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which JDK the script {@code headrace} takes. */
@Timeout(120)
final class LauncherJdkTest {
  @TempDir Path folder;
  private PretendedClone clone;

  @BeforeEach
  void layOut() throws IOException {
    clone = new PretendedClone(folder);
  }

  @Test
  void javaHomeIsTakenWhenItIsNewEnoughAndPassedOverWhenNot() throws IOException {
    clone.built();
    clone.jdk(clone.jdks.resolve("jdk-25"), "25.0.1");
    clone.environment.put("JAVA_HOME", clone.jdk(clone.folder.resolve("my jdk"), "26-ea").toString());
    assertEquals("my jdk", clone.run("headrace").value("JDK"));
    clone.environment.put("JAVA_HOME", clone.jdk(clone.folder.resolve("old jdk"), "21.0.2").toString());
    assertEquals("jdk-25", clone.run("headrace").value("JDK"));
  }

  @Test
  void ofTheInstalledJdksTheClosestToTheTestedOneIsTaken() throws IOException {
    clone.built();
    clone.jdk(clone.jdks.resolve("a"), "27");
    clone.jdk(clone.jdks.resolve("b"), "25.0.3");
    clone.jdk(clone.jdks.resolve("c"), "26.0.1");
    clone.jdk(clone.jdks.resolve("d"), "1.8.0_400");
    Files.createDirectories(clone.jdks.resolve("e"));
    Files.delete(clone.jdk(clone.jdks.resolve("a runtime only"), "25").resolve("bin/javac"));
    assertEquals("b", clone.run("headrace").value("JDK"));
  }

  @Test
  void theJavaOnThePathIsTheLastResort() throws IOException {
    clone.built();
    Path elsewhere = clone.jdk(clone.folder.resolve("somewhere/jdk-25"), "25");
    Files.createSymbolicLink(clone.folder.resolve("alternative"), elsewhere.resolve("bin/java"));
    Files.createSymbolicLink(clone.tools.resolve("java"), clone.folder.resolve("alternative"));
    assertEquals("jdk-25", clone.run("headrace").value("JDK"));
  }

  @Test
  void withoutAJdkTheOldOneAndTheCommandAreNamed() throws IOException {
    clone.built();
    clone.jdk(clone.jdks.resolve("jdk-17"), "17.0.15");
    for (String script : List.of("headrace", "mvnw")) {
      PretendedClone.Ran ran = clone.run(script, "--version");
      assertEquals(1, ran.status());
      assertTrue(
          ran.err().contains("a JDK 25 or newer (there is only 17 in " + clone.jdks.resolve("jdk-17")),
          ran.err());
      assertTrue(ran.err().contains("apt-get install -y openjdk-25-jdk-headless\n"), ran.err());
      assertEquals("", ran.out());
    }
  }
}
