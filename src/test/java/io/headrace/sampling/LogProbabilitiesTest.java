package io.headrace.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.generation.TokenLogprobs;
import io.headrace.tensor.KernelFault;
import io.headrace.tensor.Weigher;
import io.headrace.testing.ArrayRows;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class LogProbabilitiesTest {
  @Test
  void theyAreTheLogarithmOfTheSoftmax() {
    var random = new SplittableRandom(1);
    var logprobs = new LogProbabilities(300, Weigher.inJava());
    for (int round = 0; round < 20; round++) {
      float[] row = new float[300];
      double sum = 0;
      for (int i = 0; i < 300; i++) {
        row[i] = (float) (40 * random.nextDouble() - 20);
        sum += Math.exp(row[i]);
      }
      var rows = new ArrayRows(row);
      double total = 0;
      for (int i = 0; i < 300; i++) {
        float logprob = logprobs.of(rows, 0, i, -1).logprob();
        assertEquals(row[i] - Math.log(sum), logprob, 1e-5);
        total += Math.exp(logprob);
      }
      assertEquals(1, total, 1e-5);
    }
  }

  @Test
  void theBestComeFirstAndOfEqualOnesTheLowerId() {
    var logprobs = new LogProbabilities(6, Weigher.inJava());
    var rows = new ArrayRows(1f, 3f, 3f, 5f, -2f, 1f);
    TokenLogprobs result = logprobs.of(rows, 0, 4, 5);
    assertEquals(4, result.token());
    assertEquals(
        List.of(3, 1, 2, 0, 5),
        result.top().stream().map(TokenLogprobs.Alternative::token).toList());
    assertTrue(result.top().getFirst().logprob() <= 0);
  }

  @Test
  void moreAlternativesThanTokensGivesAllTokens() {
    var logprobs = new LogProbabilities(2, Weigher.inJava());
    var rows = new ArrayRows(1f, 0f);
    assertEquals(2, logprobs.of(rows, 0, 0, 20).top().size());
    assertEquals(0, logprobs.of(rows, 0, 0, 0).top().size());
  }

  @Test
  void aRowThatIsNoNumberIsAFault() {
    var logprobs = new LogProbabilities(2, Weigher.inJava());
    var rows = new ArrayRows(1f, Float.NaN);
    assertThrows(KernelFault.class, () -> logprobs.of(rows, 0, 0, 0));
  }
}
