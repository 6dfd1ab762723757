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

/** How the script {@code headrace} starts java. */
@Timeout(120)
final class LauncherTest {
  @TempDir Path folder;
  private PretendedClone clone;

  @BeforeEach
  void layOut() throws IOException {
    clone = new PretendedClone(folder);
  }

  @Test
  void argumentsReachJavaAsTheyWereGivenFromAnyFolder() throws IOException {
    clone.built();
    clone.jdk(clone.jdks.resolve("25"), "25.0.3");
    Path link = Files.createSymbolicLink(clone.folder.resolve("a link"), clone.root.resolve("headrace"));
    for (Path script : List.of(clone.root.resolve("headrace"), link)) {
      PretendedClone.Ran ran = clone.runIn(clone.jdks, script, "serve", "--model", "a b", "", "*");
      assertEquals(0, ran.status(), ran.err());
      List<String> arguments = ran.arguments();
      int jar = arguments.indexOf("-jar");
      assertEquals(
          List.of(
              clone.root.toRealPath() + "/target/quarkus-app/quarkus-run.jar",
              "serve",
              "--model",
              "a b",
              "",
              "*"),
          arguments.subList(jar + 1, arguments.size()));
      assertEquals(clone.jdks.toRealPath().toString(), ran.value("CWD"));
      assertEquals("true", ran.value("TRACKING"));
      assertEquals("", ran.err());
    }
  }

  @Test
  void javaTakesThePlaceOfTheLauncherSoThatSignalsReachIt() throws IOException {
    clone.built();
    clone.jdk(clone.jdks.resolve("25"), "25");
    PretendedClone.Ran ran = clone.run("headrace");
    assertEquals(Long.toString(ran.pid()), ran.value("PID"));
  }

  @Test
  void heapAndCollectorHaveDefaultsThatTheUserReplaces() throws IOException {
    clone.built();
    clone.jdk(clone.jdks.resolve("25"), "25");
    List<String> plain = clone.run("headrace").arguments();
    assertTrue(
        plain.containsAll(
            List.of("-Xmx512m", "-Xmn32m", "-Xms64m", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED")),
        plain::toString);
    clone.environment.put("HEADRACE_JAVA_OPTS", "-Xmx2g -XX:+UseZGC -Dx=y");
    List<String> own = clone.run("headrace").arguments();
    assertTrue(own.containsAll(List.of("-Xmx2g", "-XX:+UseZGC", "-Dx=y")), own::toString);
    assertFalse(own.contains("-Xmx512m") || own.contains("-Xmn32m") || own.contains("-Xms64m") || own.contains("-XX:+UseSerialGC"), own::toString);
  }

  @Test
  void theHeapsOfTheCLibraryAreFewAndTrimmedUnlessTheUserSaysOtherwise() throws IOException {
    clone.built();
    clone.jdk(clone.jdks.resolve("25"), "25");
    PretendedClone.Ran plain = clone.run("headrace");
    assertEquals("2", plain.value("ARENAS"));
    assertTrue(plain.arguments().contains("-XX:TrimNativeHeapInterval=60000"), plain.arguments()::toString);
    clone.environment.put("MALLOC_ARENA_MAX", "8");
    clone.environment.put("HEADRACE_JAVA_OPTS", "-XX:TrimNativeHeapInterval=0");
    PretendedClone.Ran own = clone.run("headrace");
    assertEquals("8", own.value("ARENAS"));
    assertEquals("-XX:TrimNativeHeapInterval=0", own.arguments().stream().filter(a -> a.contains("TrimNativeHeap")).toList().getLast());
  }

  @Test
  void javaKernelsGetAHeapForTheirWeightsHoweverTheyAreChosen() throws IOException {
    clone.built();
    clone.jdk(clone.jdks.resolve("25"), "25");
    for (String[] line : new String[][] {{"serve", "--set", "kernels.tier=java"}, {"bench", "--tier", "java"}, {"bench", "--tier=java"}}) {
      assertTrue(clone.run("headrace", line).arguments().contains("-Xmx2g"), () -> String.join(" ", line));
    }
    for (String variable : List.of("HEADRACE_KERNEL_TIER", "HEADRACE_KERNELS_TIER")) {
      clone.environment.put(variable, "java");
      assertTrue(clone.run("headrace", "serve").arguments().contains("-Xmx2g"), variable);
      clone.environment.put(variable, "avx2");
      assertTrue(clone.run("headrace", "serve").arguments().contains("-Xmx512m"), variable);
      clone.environment.remove(variable);
    }
  }

  @Test
  void aClassCacheIsUsedOnTheJarItWasMadeWith() throws IOException {
    clone.built();
    Path cache = classCache(clone.jdk(clone.jdks.resolve("25"), "25"));
    PretendedClone.Ran ran = clone.run("headrace", "serve", "a b");
    List<String> arguments = ran.arguments();
    assertTrue(arguments.contains("-XX:AOTCache=" + cache.toRealPath()), arguments::toString);
    int path = arguments.indexOf("-cp") + 1;
    String target = clone.root.toRealPath() + "/target/";
    assertEquals(target + "headrace.aot.settings.jar:" + target + "headrace.aot.jar", arguments.get(path));
    assertEquals(List.of("io.headrace.Main", "serve", "a b"), arguments.subList(path + 1, arguments.size()));
    assertTrue(arguments.contains("-XX:+UseSerialGC") && arguments.contains("-Xlog:all=warning:stderr"), arguments::toString);
    assertEquals("", ran.err());
  }

  @Test
  void aClassCacheThatDoesNotFitIsPassedOverAndSaid() throws IOException {
    clone.built();
    Path jdk = clone.jdk(clone.jdks.resolve("25"), "25.0.1");
    Path cache = classCache(jdk);
    PretendedClone.age(cache, 60);
    assertPassedOver("older than the build");
    classCache(clone.jdk(jdk, "25.0.3"));
    clone.jdk(jdk, "25.0.1");
    assertPassedOver("another JDK than the one in " + jdk);
  }

  private void assertPassedOver(String reason) throws IOException {
    PretendedClone.Ran ran = clone.run("headrace", "serve");
    assertFalse(ran.arguments().toString().contains("AOTCache"), ran.out());
    assertTrue(ran.arguments().contains("-jar"), ran.out());
    assertTrue(ran.err().contains(reason), ran.err());
  }

  @Test
  void aClassCacheIsNotUsedWithAnotherCollector() throws IOException {
    clone.built();
    classCache(clone.jdk(clone.jdks.resolve("25"), "25"));
    clone.environment.put("HEADRACE_JAVA_OPTS", "-XX:+UseZGC");
    PretendedClone.Ran ran = clone.run("headrace", "serve");
    assertFalse(ran.arguments().toString().contains("AOTCache"), ran.out());
    assertEquals("", ran.err());
    clone.environment.put("HEADRACE_JAVA_OPTS", "-XX:+UseSerialGC -Xmx2g");
    assertTrue(clone.run("headrace", "serve").arguments().toString().contains("AOTCache"));
  }

  /** A cache as the build makes it with this JDK. */

  private Path classCache(Path jdk) throws IOException {
    Path cache = Files.writeString(clone.root.resolve("target/headrace.aot"), "");
    Files.writeString(clone.root.resolve("target/headrace.aot.jar"), "");
    Files.writeString(clone.root.resolve("target/headrace.aot.settings.jar"), "");
    Files.writeString(clone.root.resolve("target/headrace.aot.jdk"), Files.readString(jdk.resolve("release")));
    return cache;
  }
}
