package io.headrace.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.generation.TokenLogprobs;
import io.headrace.tensor.KernelFault;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class LogProbabilitiesTest {
  @Test
  void theyAreTheLogarithmOfTheSoftmax() {
    var random = new SplittableRandom(1);
    var logprobs = new LogProbabilities(300);
    for (int round = 0; round < 20; round++) {
      double sum = 0;
      for (int i = 0; i < 300; i++) {
        logprobs.row()[i] = (float) (40 * random.nextDouble() - 20);
        sum += Math.exp(logprobs.row()[i]);
      }
      double total = 0;
      for (int i = 0; i < 300; i++) {
        float logprob = logprobs.of(i, -1).logprob();
        assertEquals(logprobs.row()[i] - Math.log(sum), logprob, 1e-5);
        total += Math.exp(logprob);
      }
      assertEquals(1, total, 1e-5);
    }
  }

  @Test
  void theBestComeFirstAndOfEqualOnesTheLowerId() {
    var logprobs = new LogProbabilities(6);
    set(logprobs, 1f, 3f, 3f, 5f, -2f, 1f);
    TokenLogprobs result = logprobs.of(4, 5);
    assertEquals(4, result.token());
    assertEquals(
        List.of(3, 1, 2, 0, 5),
        result.top().stream().map(TokenLogprobs.Alternative::token).toList());
    assertTrue(result.top().getFirst().logprob() <= 0);
  }

  @Test
  void moreAlternativesThanTokensGivesAllTokens() {
    var logprobs = new LogProbabilities(2);
    set(logprobs, 1f, 0f);
    assertEquals(2, logprobs.of(0, 20).top().size());
    assertEquals(0, logprobs.of(0, 0).top().size());
  }

  @Test
  void aRowThatIsNoNumberIsAFault() {
    var logprobs = new LogProbabilities(2);
    set(logprobs, 1f, Float.NaN);
    assertThrows(KernelFault.class, () -> logprobs.of(0, 0));
  }

  private static void set(LogProbabilities logprobs, float... row) {
    System.arraycopy(row, 0, logprobs.row(), 0, row.length);
  }
}
