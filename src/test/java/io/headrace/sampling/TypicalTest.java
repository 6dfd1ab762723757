package io.headrace.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.Sampling;
import io.headrace.tensor.Weigher;
import io.headrace.testing.ArrayRows;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which tokens count as typical of a distribution. */
final class TypicalTest {
  private static final double EPSILON = 0.09;
  private static final double DELTA = 0.3;

  @Test
  void theBoundIsThatOfThePublishedRule() {
    // H = 0.8979 nats, bound 0.09
    assertEquals(0, typical(EPSILON, DELTA, new int[] {2}, 0.6, 0.3, 0.1));
    // H = 0.1347, bound 0.09
    assertEquals(-1, typical(EPSILON, DELTA, new int[] {1}, 0.97, 0.03));
    // H = 1.2130 nats, bound 0.08919
    assertEquals(0, typical(EPSILON, DELTA, new int[] {3}, 0.5, 0.25, 0.125, 0.125));
    assertEquals(-1, typical(0.2, 0.3, new int[] {1}, 0.92, 0.08));
    assertEquals(0, typical(0.2, 0.09, new int[] {1}, 0.92, 0.08));
  }

  @Test
  void amongManyEqualTokensEveryOneIsTypical() {
    double[] even = new double[1_000];
    java.util.Arrays.fill(even, 1e-3);
    // H = log 1000, bound 0.0003
    for (int token = 0; token < 1_000; token += 111) assertEquals(0, typical(EPSILON, DELTA, new int[] {token}, even));
    assertEquals(-1, typical(EPSILON, 1.01, new int[] {5}, even));
  }

  @Test
  void theLikeliestOfTheTypicalIsTaken() {
    assertEquals(1, typical(EPSILON, DELTA, new int[] {2, 1, 3}, 0.4, 0.3, 0.2, 0.1));
    assertEquals(-1, typical(EPSILON, DELTA, new int[] {}, 0.4, 0.6));
    assertEquals(-1, typical(1, 1e6, new int[] {0, 1}, 0.999999, 0.000001), "the bound of one is passed by none");
  }

  @Test
  void whatADrawCouldNotYieldIsNotTypical() {
    ArrayRows rows = rows(0.4, 0.3, 0.2, 0.1);
    assertEquals(-1, picker(new Sampling.Random(1f, 2, 1f, 0f, 1), LogitAdjustments.NONE, 0).typical(rows, 0, new int[] {2, 3}, 2, EPSILON, DELTA), "top-k");
    assertEquals(-1, picker(new Sampling.Random(1f, 0, 0.6f, 0f, 1), LogitAdjustments.NONE, 0).typical(rows, 0, new int[] {2, 3}, 2, EPSILON, DELTA), "top-p");
    assertEquals(-1, picker(new Sampling.Random(1f, 0, 1f, 0.6f, 1), LogitAdjustments.NONE, 0).typical(rows, 0, new int[] {2, 3}, 2, EPSILON, DELTA), "min-p");
    assertEquals(-1, picker(new Sampling.Greedy(), LogitAdjustments.NONE, 0).typical(rows, 0, new int[] {0, 1}, 2, EPSILON, DELTA), "greedy");
    var bias = new LogitAdjustments(1f, 0f, 0f, Map.of(1, -50f));
    assertEquals(-1, picker(new Sampling.Random(1f, 0, 1f, 0f, 1), bias, 0).typical(rows, 0, new int[] {1}, 1, EPSILON, DELTA), "a bias");
    assertEquals(-1, picker(new Sampling.Random(1f, 0, 1f, 0f, 1), LogitAdjustments.NONE, 5).typical(rows, 0, new int[] {3}, 1, EPSILON, DELTA), "a banned end");
    TokenPicker cold = picker(new Sampling.Random(0.1f, 0, 1f, 0f, 1), LogitAdjustments.NONE, 0);
    assertEquals(-1, cold.typical(rows, 0, new int[] {1}, 1, EPSILON, DELTA), "temperature");
  }

  private static int typical(double epsilon, double delta, int[] offered, double... probabilities) {
    TokenPicker picker =
        new TokenPicker(new Sampling.Random(1f, 0, 1f, 0f, 1), LogitAdjustments.NONE, new int[0], 0, new PickerScratch(probabilities.length, Weigher.inJava()));
    return picker.typical(rows(probabilities), 0, offered, offered.length, epsilon, delta);
  }

  /** Over four tokens, of which 3 is an end. */
  private static TokenPicker picker(Sampling sampling, LogitAdjustments adjustments, int minTokens) {
    return new TokenPicker(sampling, adjustments, new int[] {3}, minTokens, new PickerScratch(4, Weigher.inJava()));
  }

  private static ArrayRows rows(double... probabilities) {
    float[] logits = new float[probabilities.length];
    for (int i = 0; i < logits.length; i++) logits[i] = (float) Math.log(probabilities[i]);
    return new ArrayRows(logits);
  }
}
