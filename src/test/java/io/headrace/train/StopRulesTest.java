package io.headrace.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class StopRulesTest {
  private static final int LONGEST = 5;

  /** Drafts that are right with a chance that changes from position to position; the head knows the chance, the drafter boasts. */
  private static List<StopRules.Position> positions() {
    SplittableRandom random = new SplittableRandom(4);
    List<StopRules.Position> all = new ArrayList<>();
    for (int answer = 0; answer < 40; answer++) {
      for (int t = 0; t < 50; t++) {
        float chance = random.nextBoolean() ? 0.95f : 0.15f;
        float[] knows = new float[LONGEST];
        float[] boasts = new float[LONGEST];
        for (int k = 0; k < LONGEST; k++) {
          knows[k] = chance;
          boasts[k] = 0.99f;
        }
        int accepted = 0;
        while (accepted < Math.min(LONGEST, 49 - t) && random.nextDouble() < chance) accepted++;
        all.add(new StopRules.Position(answer, accepted, boasts, boasts, knows));
      }
    }
    return all;
  }

  @Test
  void countersSatisfyTheIdentityAndAllTokensAreGiven() {
    List<StopRules.Position> positions = positions();
    for (StopRules.Play play : new StopRules(positions, LONGEST, rows -> 1 + 0.05 * (rows - 1), 0.05).best()) {
      assertEquals(play.drafted(), play.tokens() - play.passes() + play.discarded(), play.rule());
      assertEquals(positions.size(), play.tokens(), play.rule());
      assertEquals(play.passes() + 0.05 * play.drafted() + 0.05 * play.made(), play.cost(), 1e-6, play.rule());
    }
  }

  @Test
  void whoKnowsTheChancesBeatsAnyFixedLengthAndTheOracleBeatsAll() {
    List<StopRules.Play> plays = new StopRules(positions(), LONGEST, rows -> 1 + 0.2 * (rows - 1), 0.05).best();
    StopRules.Play fixed = plays.getFirst();
    StopRules.Play trained = plays.get(plays.size() - 2);
    StopRules.Play oracle = plays.getLast();
    assertTrue(trained.speedUp() > 1.05 * fixed.speedUp(), trained + " " + fixed);
    for (StopRules.Play play : plays) assertTrue(oracle.speedUp() >= play.speedUp(), play.rule());
    assertEquals(0, oracle.discarded());
  }

  @Test
  void costsLieOnStraightLinesBetweenThePoints() {
    var costs = StopRules.costs("1:2, 4:2.6, 8:4");
    assertEquals(1, costs.applyAsDouble(1));
    assertEquals(1.2, costs.applyAsDouble(3), 1e-12);
    assertEquals(1.3, costs.applyAsDouble(4), 1e-12);
    assertEquals(2.35, costs.applyAsDouble(10), 1e-12);
    for (String wrong : List.of("", "1:1", "2:1,3:2", "1:1,1:2", "1:1,x:2")) {
      assertThrows(IllegalArgumentException.class, () -> StopRules.costs(wrong), wrong);
    }
  }
}
