package io.headrace.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class EntropySwitchTest {
  private static final EntropySwitch RULE = new EntropySwitch(2, 8, 0.1);

  @Test
  void theTargetGoesOnAboveTheThresholdAndTheCompanionBelow() {
    for (boolean target : new boolean[] {true, false}) {
      assertTrue(RULE.targetNext(target, 2.3, 8));
      assertFalse(RULE.targetNext(target, 1.7, 8));
    }
  }

  @Test
  void aMeanNearTheThresholdAndOneThatIsNotKnownChangeNothing() {
    for (double mean : new double[] {1.81, 2, 2.19, Double.NaN}) {
      for (boolean target : new boolean[] {true, false}) assertEquals(target, RULE.targetNext(target, mean, 100));
    }
  }

  @Test
  void nobodyTakesOverBeforeTheDwellIsOver() {
    for (int yielded = 1; yielded < 8; yielded++) {
      assertTrue(RULE.targetNext(true, 0, yielded));
      assertFalse(RULE.targetNext(false, 10, yielded));
    }
  }

  @Test
  void aThresholdBelowZeroIsAlwaysTheTargetAndAnInfiniteOneAlwaysTheCompanion() {
    for (double mean : new double[] {0, 1e-9, 1, 22}) {
      assertTrue(new EntropySwitch(-1, 1, 0.1).targetNext(false, mean, 1));
      assertFalse(new EntropySwitch(Double.POSITIVE_INFINITY, 1, 0.1).targetNext(true, mean, 1));
    }
  }

  @Test
  void aRuleThatMeansNothingIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new EntropySwitch(Double.NaN, 8, 0));
    assertThrows(IllegalArgumentException.class, () -> new EntropySwitch(1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new EntropySwitch(1, 8, 1));
  }
}
