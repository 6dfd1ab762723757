package io.headrace.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DraftBudgetTest {
  @ParameterizedTest
  @ValueSource(doubles = {0.02, 0.2, 1})
  void whatDraftsLoseIsBounded(double loss) {
    var budget = new DraftBudget();
    double time = 0;
    int steps = 20_000;
    for (int i = 0; i < steps; i++) {
      boolean drafts = budget.drafts(4);
      double took = drafts ? 1 + loss : 1;
      budget.measured(4, drafts, 1, took);
      time += took;
    }
    assertTrue(time < steps * 1.005 + 6, "took %.1f for %d".formatted(time, steps));
  }

  @Test
  void whatEarnsGoesOnButForAPlainStepNowAndThen() {
    var budget = new DraftBudget();
    assertFalse(budget.drafts(1), "nothing was measured");
    int plain = 0;
    for (int i = 0; i < 10_000; i++) {
      boolean drafts = budget.drafts(1);
      if (!drafts) plain++;
      budget.measured(1, drafts, drafts ? 1.5 : 1, 1);
    }
    assertTrue(plain > 60 && plain < 100, plain + " plain steps");
  }

  @Test
  void trialsAreSoDearTogetherAsTheirShareAllows() {
    var budget = new DraftBudget();
    double spent = 0;
    int tried = 0;
    for (int i = 0; i < 10_000; i++) {
      budget.measured(8, false, 1, 1);
      if (!budget.mayTry(8, 0.3)) continue;
      spent += 0.3;
      tried++;
    }
    assertTrue(tried > 50, tried + " trials");
    assertTrue(spent <= 0.005 * 10_000, "trials cost " + spent);
    assertFalse(budget.mayTry(8, Double.NaN));
  }

  @Test
  void anAccountIsThatOfANumberOfSequences() {
    var budget = new DraftBudget();
    for (int i = 0; i < 10; i++) {
      budget.measured(1, false, 1, 1);
      budget.measured(8, false, 1, 1);
    }
    for (int i = 0; i < 10; i++) budget.measured(8, true, 1, 2);
    assertFalse(budget.drafts(8));
    assertTrue(budget.drafts(1));
    assertEquals(RowCost.range(7), RowCost.range(8));
  }
}
