package io.headrace.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class ReliabilityTest {
  @Test
  void aHeadThatIsRightAsOftenAsItSaysHasNoError() {
    Reliability honest = new Reliability();
    for (int i = 0; i < 100; i++) honest.add(0.25, i % 4 == 0);
    assertEquals(0, honest.error(), 1e-12);
    assertEquals(new Reliability.Bin(100, 0.25, 0.25), honest.bin(2));
  }

  @Test
  void theErrorIsTheMeanDistance() {
    Reliability boaster = new Reliability();
    for (int i = 0; i < 10; i++) boaster.add(1, i < 5);
    for (int i = 0; i < 30; i++) boaster.add(0, false);
    assertEquals(0.125, boaster.error(), 1e-12);
  }
}
