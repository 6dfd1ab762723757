package io.headrace.train.distil;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;

final class LoopWatchTest {
  @Test
  void aTextThatSaysTheSameForTheThirdTimeIsInCircles() {
    LoopWatch watch = new LoopWatch();
    int tokens = 0;
    while (!watch.add(tokens % 10)) tokens++;
    assertEquals(27, tokens, "eight tokens of the third round");
  }

  @Test
  void shortPhrasesMayComeAgain() {
    LoopWatch watch = new LoopWatch();
    for (int i = 0; i < 700; i++) assertFalse(watch.add(i % 7 == 0 ? i : i % 7));
  }
}
