package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over copies of the system's files in folders. */
final class FreeMemoryTest {
  private static final long MIB = 1 << 20;

  @TempDir Path folder;
  private FreeMemory free;

  @BeforeEach
  void aSystemWithEightGigabytes() throws IOException {
    free = new FreeMemory(folder.resolve("proc"), folder.resolve("cgroup"));
    put("proc/meminfo", "MemTotal: 16777216 kB\nMemAvailable:    8388608 kB\n");
    put("proc/self/cgroup", "0::/\n");
    Files.createDirectories(folder.resolve("cgroup"));
  }

  private void put(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private void group2(String group, String max, long current, long inactiveFile) throws IOException {
    put("cgroup/" + group + "memory.max", max + "\n");
    put("cgroup/" + group + "memory.current", current + "\n");
    put("cgroup/" + group + "memory.stat", "anon 5\nactive_file 3\ninactive_file " + inactiveFile + "\n");
  }

  @Test
  void withoutLimitsItIsWhatTheSystemHas() throws IOException {
    assertEquals(8192 * MIB, free.bytes());
    group2("", "max", 100 * MIB, 0);
    assertEquals(8192 * MIB, free.bytes());
  }

  @Test
  void aContainersLimitCountsWithoutFilePagesThatCanGo() throws IOException {
    group2("", Long.toString(1024 * MIB), 700 * MIB, 500 * MIB);
    assertEquals((1024 - 200) * MIB, free.bytes());
  }

  @Test
  void theTightestGroupAboveCounts() throws IOException {
    put("proc/self/cgroup", "0::/system.slice/headrace.service\n");
    group2("system.slice/headrace.service/", "max", 10 * MIB, 0);
    group2("system.slice/", Long.toString(600 * MIB), 100 * MIB, 0);
    assertEquals(500 * MIB, free.bytes());
  }

  @Test
  void versionOneIsReadToo() throws IOException {
    put("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/\n");
    put("cgroup/memory/docker/abc/memory.limit_in_bytes", Long.toString(512 * MIB));
    put("cgroup/memory/docker/abc/memory.usage_in_bytes", Long.toString(200 * MIB));
    put("cgroup/memory/docker/abc/memory.stat", "inactive_file 7\ntotal_inactive_file " + 50 * MIB + "\n");
    put("cgroup/memory/memory.limit_in_bytes", Long.toString(Long.MAX_VALUE / 4096 * 4096));
    put("cgroup/memory/memory.usage_in_bytes", Long.toString(900 * MIB));
    assertEquals((512 - 150) * MIB, free.bytes());
  }

  @Test
  void aPathOfTheHostMeansTheMountInsideAContainer() throws IOException {
    put("proc/self/cgroup", "0::/../../docker/abc\n");
    group2("", Long.toString(300 * MIB), 100 * MIB, 0);
    assertEquals(200 * MIB, free.bytes());
  }

  @Test
  void aSystemThatSaysNothingOrHasNothingLeftStillGivesANumber() throws IOException {
    assertTrue(new FreeMemory(folder.resolve("none"), folder.resolve("none")).bytes() > 0);
    group2("", Long.toString(100 * MIB), 100 * MIB, 0);
    assertTrue(free.bytes() > 0);
  }
}
