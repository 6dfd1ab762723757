package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ResidentMemoryTest {
  @TempDir Path folder;

  private static String rollup(long rss, long huge) {
    return "55e0-7ffd ---p 00000000 00:00 0   [rollup]\nRss:    %d kB\nPss:      7 kB\nAnonHugePages:  %d kB\n".formatted(rss, huge);
  }

  @Test
  void theSystemsNumbersAreReadAtMostOnceASecond() throws IOException {
    Path file = Files.writeString(folder.resolve("rollup"), rollup(1000, 200));
    AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5); // wraps, as nanoTime may
    ResidentMemory memory = new ResidentMemory(file, clock::get);
    assertEquals(new ResidentMemory.Look(1000 << 10, 200 << 10), memory.look());
    Files.writeString(file, rollup(3000, 400));
    clock.addAndGet(999_999_999);
    assertEquals(1000 << 10, memory.look().bytes());
    clock.addAndGet(1);
    assertEquals(new ResidentMemory.Look(3000 << 10, 400 << 10), memory.look());
  }

  @Test
  void whereTheSystemSaysNothingNothingIsClaimed() {
    assertEquals(new ResidentMemory.Look(0, 0), new ResidentMemory(folder.resolve("none"), System::nanoTime).look());
  }
}
