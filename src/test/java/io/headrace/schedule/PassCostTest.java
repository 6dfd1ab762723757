package io.headrace.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PassCostTest {
  private static final int LEAST = 16;
  private static final int MOST = 512;

  /** A machine: what a step with so many streams and rows of prompts takes, in nanoseconds. */
  private interface Machine {
    double nanos(int decoding, int prefill);
  }

  /** 5 ms for a stream, 0.3 ms for each further one, 0.1 ms for each row of a prompt. */
  private static double steady(int decoding, int prefill) {
    return decoding == 0 ? 1e5 * prefill : 5e6 + 3e5 * (decoding - 1) + 1e5 * prefill;
  }

  /** Few rows cost more each: a fixed half millisecond for any. */
  private static double stepped(int decoding, int prefill) {
    return steady(decoding, prefill) + (prefill > 0 ? 5e5 : 0);
  }

  @Test
  void aPromptAloneGetsTheWholeStep() {
    var cost = new PassCost();
    assertEquals(MOST, cost.prefillRows(0, 2, LEAST, MOST));
    run(cost, PassCostTest::steady, 4, 2, 50);
    assertEquals(MOST, cost.prefillRows(0, 2, LEAST, MOST));
  }

  @ParameterizedTest(name = "stretch {0}")
  @ValueSource(doubles = {1.5, 2, 3, 10})
  void aStepWithPromptsTakesItsShareLongerAndNoMore(double stretch) {
    for (int decoding : new int[] {1, 2, 7, 32}) {
      for (Machine machine : new Machine[] {PassCostTest::steady, PassCostTest::stepped}) {
        var cost = new PassCost();
        int rows = run(cost, machine, decoding, stretch, 60);
        double took = machine.nanos(decoding, rows) / machine.nanos(decoding, 0);
        if (rows == MOST) assertTrue(took <= stretch * 1.05);
        else assertEquals(stretch, took, stretch * 0.05, decoding + " streams, " + rows + " rows");
      }
    }
  }

  @Test
  void promptsNeverStarve() {
    var cost = new PassCost();
    assertEquals(LEAST, run(cost, (d, p) -> 1e6 + 1e7 * p, 4, 2, 60));
    assertEquals(LEAST, run(new PassCost(), PassCostTest::steady, 4, 1, 60));
  }

  @Test
  void aMachineThatBecomesSlowerIsFollowed() {
    var cost = new PassCost();
    int before = run(cost, PassCostTest::steady, 4, 2, 60);
    int after = run(cost, (d, p) -> steady(d, 0) + 4e5 * p, 4, 2, 60);
    assertEquals(before / 4.0, after, 2);
    assertEquals(before, run(cost, PassCostTest::steady, 4, 2, 80), 4);
  }

  @Test
  void oneStepThatStalledChangesLittle() {
    var cost = new PassCost();
    int before = run(cost, PassCostTest::steady, 4, 2, 60);
    cost.measured(4, before, 2_000_000_000L);
    assertTrue(cost.prefillRows(4, 2, LEAST, MOST) > before * 0.6);
    cost.measured(4, 0, 2_000_000_000L);
    assertTrue(cost.plain(4) < steady(4, 0) * 1.5);
  }

  @Test
  void aNumberOfStreamsNeverSeenIsMeasuredBeforePromptsJoinIt() {
    var cost = new PassCost();
    run(cost, PassCostTest::steady, 4, 2, 60);
    assertEquals(0, cost.prefillRows(30, 2, LEAST, MOST));
    cost.measured(30, 0, (long) steady(30, 0));
    assertTrue(cost.prefillRows(30, 2, LEAST, MOST) > 100);
  }

  @Test
  void promptsWithoutEndDoNotHideWhatAPlainStepCosts() {
    var cost = new PassCost();
    int plain = 0;
    int rows = 0;
    for (int i = 0; i < 1_000; i++) {
      // Contexts grow: after a while every step takes three times as long.
      double slower = i < 300 ? 1 : 3;
      rows = cost.prefillRows(20, 2, LEAST, MOST);
      if (rows == 0) plain++;
      cost.measured(20, rows, (long) (slower * steady(20, 0) + 1e5 * rows));
    }
    assertTrue(plain >= 10 && plain <= 20, plain + " steps without prompts");
    assertEquals(2 * steady(20, 0) / 1e5 * 1.5, rows, steady(20, 0) / 1e5);
  }

  @Test
  void noiseDoesNotCarryItAway() {
    var random = new SplittableRandom(3);
    var cost = new PassCost();
    double sum = 0;
    int counted = 0;
    for (int i = 0; i < 400; i++) {
      double noise = 0.9 + 0.2 * random.nextDouble();
      int rows = i % 8 == 0 ? 0 : cost.prefillRows(4, 2, LEAST, MOST);
      cost.measured(4, rows, (long) (noise * steady(4, rows)));
      if (i < 100 || rows == 0) continue;
      sum += steady(4, rows) / steady(4, 0);
      counted++;
    }
    assertEquals(2, sum / counted, 0.2);
  }

  /** Lives through steps of which every fourth has no prompt; returns what it would grant then. */
  private static int run(PassCost cost, Machine machine, int decoding, double stretch, int steps) {
    cost.measured(0, MOST, (long) machine.nanos(0, MOST));
    for (int i = 0; i < steps; i++) {
      int rows = i % 4 == 0 ? 0 : cost.prefillRows(decoding, stretch, LEAST, MOST);
      cost.measured(decoding, rows, (long) machine.nanos(decoding, rows));
    }
    return cost.prefillRows(decoding, stretch, LEAST, MOST);
  }
}
