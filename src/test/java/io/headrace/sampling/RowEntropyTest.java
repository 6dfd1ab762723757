package io.headrace.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.tensor.Weigher;
import io.headrace.testing.ArrayRows;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RowEntropyTest {
  private static final int VOCABULARY = 1_000;

  private final RowEntropy entropy = new RowEntropy(VOCABULARY, Weigher.inJava());

  @Test
  void theEntropyIsThatOfTheSoftmax() {
    var random = new Random(3);
    for (int round = 0; round < 50; round++) {
      float[] row = row(random, (float) Math.pow(1.5, round % 12));
      double z = 0;
      double sum = 0;
      for (float x : row) {
        z += Math.exp(x);
        sum += x * Math.exp(x);
      }
      assertEquals((Math.log(z) - sum / z) / Math.log(2), entropy.bits(new ArrayRows(row), 0), 1e-6);
    }
  }

  @Test
  void oneThatIsSureHasNoneAndOneThatKnowsNothingHasAllOfIt() {
    float[] row = new float[VOCABULARY];
    assertEquals(Math.log(VOCABULARY) / Math.log(2), entropy.bits(new ArrayRows(row), 0), 1e-6);
    row[500] = 100;
    assertEquals(0, entropy.bits(new ArrayRows(row), 0), 1e-9);
  }

  @Test
  void aRowThatIsNoNumberHasNoEntropyAndSpoilsNoOther() {
    var random = new Random(4);
    for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      float[] row = row(random, 2);
      double before = entropy.bits(new ArrayRows(row), 0);
      float[] bad = row.clone();
      bad[random.nextInt(VOCABULARY)] = odd;
      assertTrue(Double.isNaN(entropy.bits(new ArrayRows(bad), 0)));
      assertEquals(before, entropy.bits(new ArrayRows(row), 0));
    }
  }

  private static float[] row(Random random, float width) {
    float[] row = new float[VOCABULARY];
    for (int i = 0; i < row.length; i++) row[i] = width * (float) random.nextGaussian();
    return row;
  }
}
