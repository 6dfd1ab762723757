package io.headrace.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RecentTimeTest {
  @Test
  void runsAreFollowed() {
    var time = new RecentTime(400_000);
    for (int i = 0; i < 200; i++) time.took(200_000);
    assertEquals(200_000, time.nanos(), 1_000);
    for (int i = 0; i < 200; i++) time.took(600_000);
    assertEquals(600_000, time.nanos(), 3_000);
  }

  @Test
  void aFewThatAreDisturbedChangeLittle() {
    var time = new RecentTime(200_000);
    var random = new SplittableRandom(1);
    double sum = 0;
    for (int i = 0; i < 5_000; i++) {
      time.took((random.nextInt(8) == 0 ? 900_000 : 200_000) * (0.95 + 0.1 * random.nextDouble()));
      sum += time.nanos();
    }
    assertEquals(200_000, sum / 5_000, 20_000);
  }
}
