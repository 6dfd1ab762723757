package io.headrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.headrace.tensor.Weigher;
import io.headrace.testing.ArrayRows;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class LikelyColumnsTest {
  @Test
  void theMostProbableColumnsAreFoundInOrderWithTheirProbabilities() {
    SplittableRandom random = new SplittableRandom(5);
    for (int round = 0; round < 100; round++) {
      int n = 1 + random.nextInt(3_000);
      float[] row = new float[n];
      float spread = 0.1f + 8 * random.nextFloat();
      for (int i = 0; i < n; i++) row[i] = (float) random.nextGaussian() * spread;
      LikelyColumns likely = new LikelyColumns(n, 6, Weigher.inJava());
      likely.read(new ArrayRows(row), 0);
      int[] best = IntStream.range(0, n).boxed().sorted(Comparator.comparing(i -> -row[i])).mapToInt(i -> i).limit(6).toArray();
      assertEquals(best.length, likely.found());
      double sum = 0;
      for (float x : row) sum += Math.exp(x - row[best[0]]);
      for (int i = 0; i < best.length; i++) {
        assertEquals(best[i], likely.column(i));
        double exact = Math.exp(row[best[i]] - row[best[0]]) / sum;
        assertEquals(exact, likely.probability(i), 1e-5 * exact + 1e-9);
      }
      double entropy = 0;
      for (float x : row) {
        double share = Math.exp(x - row[best[0]]) / sum;
        if (share > 0) entropy -= share * Math.log(share);
      }
      assertEquals(entropy, likely.entropy(), 0.01);
    }
  }

  @Test
  void aRowWithoutNumbersHasNone() {
    LikelyColumns likely = new LikelyColumns(3, 2, Weigher.inJava());
    likely.read(new ArrayRows(new float[] {Float.NaN, Float.NaN, Float.NaN}), 0);
    assertEquals(0, likely.found());
  }
}
