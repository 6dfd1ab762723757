package io.headrace.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RowCostTest {
  /** A machine that computes a row in a tenth of the time in which it reads the weights. */
  private static double linear(int rows) {
    return 6e6 * (1 + 0.1 * (rows - 1));
  }

  @Test
  void aGuessStandsWhereNothingWasMeasured() {
    var cost = new RowCost();
    assertEquals(1, cost.ratio(1, 1, 0));
    assertTrue(cost.ratio(1, 4, 0) < 1.25);
    assertTrue(cost.ratio(1, 16, 0) > 2);
    assertTrue(cost.ratio(16, 17, 0) < 1.1);
    assertTrue(Double.isNaN(cost.plain(1, 0)));
    for (int rows = 1; rows < 200; rows++) assertTrue(cost.ratio(1, rows + 1, 0) >= cost.ratio(1, rows, 0));
  }

  @Test
  void stepsTeachWhatRowsCost() {
    var cost = new RowCost();
    var random = new SplittableRandom(1);
    for (int i = 0; i < 2_000; i++) {
      int rows = 1 + random.nextInt(16);
      cost.measured(1, rows, 300, linear(rows) * (0.95 + 0.1 * random.nextDouble()));
    }
    assertEquals(6e6, cost.plain(1, 300), 3e5);
    for (int rows : new int[] {2, 3, 4, 6, 8, 16}) {
      double right = linear(rows) / linear(1);
      assertEquals(right, cost.ratio(1, rows, 300), 0.05 * right, rows + " rows");
    }
  }

  @Test
  void whatWasLearntOfNearRowsAndShorterContextsIsUsed() {
    var cost = new RowCost();
    for (int i = 0; i < 200; i++) {
      cost.measured(1, 1, 100, 6e6);
      cost.measured(1, 8, 100, 18e6); // three times, where the guess says half as much
    }
    assertEquals(3, cost.ratio(1, 8, 100), 0.1);
    assertTrue(cost.ratio(1, 7, 100) > 2.3);
    assertEquals(cost.ratio(1, 8, 100), cost.ratio(1, 8, 5_000), 1e-9);
    assertEquals(6e6, cost.plain(1, 5_000), 1e5);
  }

  @Test
  void aMachineThatSlowsDownDoesNotMakeRowsDear() {
    var cost = new RowCost();
    var random = new SplittableRandom(2);
    for (int i = 0; i < 3_000; i++) {
      double speed = 1 + 0.4 * Math.sin(i / 150.0); // drifts by half within a few hundred steps
      int rows = random.nextInt(3) == 0 ? 1 : 4;
      cost.measured(1, rows, 0, linear(rows) * speed);
      if (i > 500) assertEquals(1.3, cost.ratio(1, 4, 0), 0.13);
    }
  }

  @Test
  void norDoesANeighbourThatComesAndGoes() {
    var cost = new RowCost();
    var random = new SplittableRandom(4);
    double speed = 1;
    double sum = 0;
    int counted = 0;
    for (int i = 0; i < 6_000; i++) {
      if (i % 60 == 0) speed = 1 + 1.5 * random.nextDouble();
      double noise = 0.75 + 0.5 * random.nextDouble();
      int rows = random.nextInt(8) == 0 ? 1 : 4;
      cost.measured(1, rows, 0, linear(rows) * speed * noise);
      if (i < 500) continue;
      sum += cost.ratio(1, 4, 0);
      counted++;
    }
    assertEquals(1.3, sum / counted, 0.13);
  }

  @Test
  void whereEveryPassIsDraftedTheLevelFollowsYet() {
    var cost = new RowCost();
    for (int i = 0; i < 100; i++) cost.measured(1, 1, 0, linear(1));
    for (int i = 0; i < 300; i++) cost.measured(1, 8, 0, linear(8));
    for (int i = 0; i < 100; i++) cost.measured(1, 8, 0, 2 * linear(8));
    assertTrue(cost.plain(1, 0) > 7e6);
    for (int i = 0; i < 200; i++) cost.measured(1, i % 4 == 0 ? 1 : 8, 0, 2 * linear(i % 4 == 0 ? 1 : 8));
    assertEquals(1.7, cost.ratio(1, 8, 0), 0.15);
  }

  @Test
  void sequencesThatEndDoNotMakeRowsLookCheap() {
    // Sequences cost 0.2 of one each, rows up to the eighth next to nothing, the ninth a third of the pass.
    var cost = new RowCost();
    for (int round = 0; round < 40; round++) {
      for (int decoding = 8; decoding >= 5; decoding--) {
        for (int step = 0; step < 10; step++) {
          int rows = step % 2 == 0 || decoding == 8 ? decoding : 8;
          cost.measured(decoding, rows, 0, 6e6 * (1 + 0.2 * (decoding - 1) + 0.05 * (rows - decoding)));
        }
      }
    }
    assertTrue(cost.ratio(8, 9, 0) > 1.15, "the ninth row of eight sequences: " + cost.ratio(8, 9, 0));
    assertTrue(cost.ratio(6, 8, 0) < 1.12, "the eighth row of six: " + cost.ratio(6, 8, 0));
  }

  @Test
  void oneStepThatStalledChangesLittle() {
    var cost = new RowCost();
    for (int i = 0; i < 200; i++) {
      cost.measured(1, 1, 0, linear(1));
      cost.measured(1, 4, 0, linear(4));
    }
    cost.measured(1, 4, 0, 3e9);
    assertEquals(1.3, cost.ratio(1, 4, 0), 0.05);
    for (int i = 0; i < 3; i++) cost.measured(1, 1, 0, linear(1));
    cost.measured(1, 1, 0, 3e9);
    assertTrue(cost.plain(1, 0) < 7.5e6);
  }

  @Test
  void aFirstDraftThatStalledDoesNotMakeDraftsLookDear() {
    for (int rows = 2; rows <= 8; rows++) {
      var cost = new RowCost();
      for (int i = 0; i < 20; i++) cost.measured(1, 1, 0, linear(1));
      double before = cost.ratio(1, 2, 0);
      cost.measured(1, rows, 0, 3e9);
      assertEquals(before, cost.ratio(1, 2, 0), 0.08, "two rows after a stalled pass of " + rows);
    }
  }

  @Test
  void norDoPassesThatOthersDisturb() {
    for (int seed = 0; seed < 50; seed++) {
      var cost = new RowCost();
      var random = new SplittableRandom(seed);
      int strayed = 0;
      for (int i = 0; i < 1_000; i++) {
        double chance = random.nextDouble();
        double disturbed = chance < 0.01 ? 3 : chance < 0.05 ? 1.6 : chance < 0.1 ? 1.25 : 1;
        int rows = random.nextBoolean() ? 1 : 2 + random.nextInt(7);
        cost.measured(1, rows, 0, linear(rows) * disturbed * (0.95 + 0.1 * random.nextDouble()));
        for (int wanted = 2; i >= 100 && wanted <= 8; wanted++) {
          double right = linear(wanted) / linear(1);
          if (Math.abs(cost.ratio(1, wanted, 0) / right - 1) > 0.15) strayed++;
        }
      }
      assertTrue(strayed < 0.02 * 900 * 7, "seed " + seed + ": strayed " + strayed);
    }
  }

  @Test
  void norDoesItAddUpWhereAQuarterOfPassesIsDisturbed() {
    var cost = new RowCost();
    var random = new SplittableRandom(3);
    double sum = 0;
    for (int i = 0; i < 6_000; i++) {
      double chance = random.nextDouble();
      double disturbed = chance < 0.03 ? 3 : chance < 0.25 ? 1.7 : 1;
      int rows = random.nextInt(3) == 0 ? 1 : 2 + random.nextInt(4);
      cost.measured(1, rows, 0, linear(rows) * disturbed * (0.95 + 0.1 * random.nextDouble()));
      if (i >= 1_000) sum += cost.ratio(1, 4, 0);
    }
    assertEquals(1.3, sum / 5_000, 0.1);
  }

  @Test
  void whatWasOnceSeenOfANumberOfRowsFades() {
    var cost = new RowCost();
    var fresh = new RowCost();
    for (int i = 0; i < 100; i++) {
      cost.measured(1, 1, 0, linear(1));
      cost.measured(1, 5, 0, linear(5));
      cost.measured(1, 6, 0, 1.25 * linear(6)); // stands out among the others
    }
    double seen = cost.ratio(1, 6, 0) / cost.ratio(1, 5, 0);
    for (int i = 0; i < 3_000; i++) cost.measured(1, 1, 0, linear(1));
    double left = cost.ratio(1, 6, 0) / cost.ratio(1, 5, 0);
    double guessed = fresh.ratio(1, 6, 0) / fresh.ratio(1, 5, 0);
    assertTrue(seen > 1.15, "seen " + seen);
    assertEquals(guessed, left, 0.1 * (seen - guessed) + 0.05);
  }

  @Test
  void draftsDoNotChangeWhatPromptsAreGranted() {
    var plain = new PassCost();
    var drafted = new PassCost();
    for (int i = 0; i < 400; i++) {
      int rows = i % 4 == 0 ? 0 : plain.prefillRows(4, 2, 16, 512);
      plain.measured(4, rows, (long) (linear(4) + 1e5 * rows));
      rows = i % 4 == 0 ? 0 : drafted.prefillRows(4, 2, 16, 512);
      int drafts = i % 8 < 4 ? 0 : 6;
      drafted.measured(4, drafts, 0, rows, (long) (linear(4 + drafts) + 1e5 * rows));
    }
    assertEquals(plain.prefillRows(4, 2, 16, 512), drafted.prefillRows(4, 2, 16, 512), 12);
    assertEquals(plain.plain(4), drafted.plain(4), 0.08 * plain.plain(4));
  }
}
