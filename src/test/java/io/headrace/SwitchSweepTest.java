package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.bench.SwitchTrace;
import io.headrace.decode.EntropySwitch;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A sweep counts what a rule would have done, token by token. */
class SwitchSweepTest {
  private static final int TOKENS = 400;

  /** Hard and easy stretches of 40 tokens; where it is hard the companion is far off. */
  private static SwitchTrace trace(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] bits = new double[TOKENS];
    double[] divergence = new double[TOKENS];
    boolean[] agree = new boolean[TOKENS];
    for (int i = 0; i < TOKENS; i++) {
      boolean hard = i / 40 % 2 == 0;
      bits[i] = (hard ? 4 : 1) + random.nextDouble();
      divergence[i] = hard ? 1 : 0.1;
      agree[i] = !hard;
    }
    return new SwitchTrace(bits, bits, divergence, agree, 4000, 1000);
  }

  private static SwitchSweep at(double threshold) {
    return SwitchSweep.of(List.of(trace(1), trace(2)), new EntropySwitch(threshold, 4, 0.1), 3);
  }

  @Test
  void belowEveryEntropyAllIsTheTargets() {
    SwitchSweep never = at(-1);
    assertEquals(new SwitchSweep(-1, 1, 0, 0, 1, 0, 1, 1), never);
  }

  @Test
  void aboveEveryEntropyAllButTheFirstTokensAreTheCompanions() {
    SwitchSweep always = at(1000);
    assertEquals(4.0 / TOKENS, always.share());
    assertEquals(1000.0 * 2 / (2 * TOKENS), always.switches());
    assertEquals(always.randomDivergence(), always.divergence(), 0.02);
    assertEquals(always.share() + (1 - always.share()) * 0.25, always.time(), 1e-12);
  }

  @Test
  void betweenThemItIsNearerThanByLot() {
    SwitchSweep some = at(2.5);
    assertTrue(some.share() > 0.4 && some.share() < 0.65, () -> "share " + some.share());
    assertTrue(some.divergence() < some.randomDivergence() / 2, some::toString);
    assertTrue(some.agreement() > some.randomAgreement() + 0.1, some::toString);
  }

  @Test
  void modelsThatSayTheSameLoseNothing() {
    double[] bits = trace(3).targetBits();
    boolean[] agree = new boolean[TOKENS];
    Arrays.fill(agree, true);
    SwitchTrace same = new SwitchTrace(bits, bits, new double[TOKENS], agree, 10, 10);
    SwitchSweep sweep = SwitchSweep.of(List.of(same), new EntropySwitch(2, 1, 0), 1);
    assertEquals(0, sweep.divergence());
    assertEquals(1, sweep.agreement());
    assertEquals(1, sweep.time(), 1e-12);
  }
}
