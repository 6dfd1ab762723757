package io.headrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

final class DecodingFiguresTest {
  /** Plain: 100 passes of 10 ms. */
  private static final DecodingRun PLAIN = new DecodingRun(100, 100, 0, 0, 1, 1, 1.2);

  /** 40 passes of 15 ms, 150 drafted. */
  private static final DecodingRun DRAFTED = new DecodingRun(100, 40, 150, 90, 0.6, 0.6, 0.8);

  @Test
  void theTwoWaysToTheSpeedUpAgree() {
    DecodingFigures figures = DecodingFigures.of(List.of(pair(false, DRAFTED), pair(false, DRAFTED)));
    assertEquals(2.5, figures.tokensPerPass(), 1e-12);
    assertEquals(1.5, figures.overhead(), 1e-12);
    assertEquals(2.5 / 1.5, figures.predicted(), 1e-12);
    assertEquals(2.5 / 1.5, figures.total(), 1e-12);
    assertEquals(0, figures.off(), 1e-12);
    assertEquals(0.4, figures.accepted(), 1e-12);
    assertEquals(0.9, figures.discardRate(), 1e-12);
    assertEquals(0.4, figures.verificationRate(), 1e-12);
    assertEquals(1.5, figures.whole().median(), 1e-12);
    assertTrue(figures.sum().adds());
  }

  @Test
  void aCounterOrClockThatIsWrongIsSaid() {
    String right = DecodingTable.of(report(pair(false, DRAFTED)));
    assertFalse(right.contains("do not"), right);
    var slowClock = new DecodingRun(100, 40, 150, 90, 0.5, 0.6, 0.8);
    assertTrue(DecodingTable.of(report(pair(false, slowClock))).contains("do not add up"));
    var miscounted = new DecodingRun(100, 40, 150, 91, 0.6, 0.6, 0.8);
    assertTrue(DecodingTable.of(report(pair(false, miscounted))).contains("do not add up"));
    var unequal = new DecodingPair("w", "s", 0, 1, 0, false, PLAIN, DRAFTED);
    assertTrue(DecodingTable.of(report(unequal)).contains("differ from plain"));
  }

  @Test
  void outputsThatLoopAreShownApart() {
    var loop = new DecodingRun(100, 10, 90, 0, 0.2, 0.2, 0.4);
    List<DecodingReport.Row> rows = report(pair(true, loop), pair(false, DRAFTED)).rows();
    assertEquals(2, rows.size());
    assertEquals(2, rows.getFirst().figures().pairs());
    assertEquals(1, rows.getLast().figures().pairs());
    assertFalse(rows.getLast().loops());
    assertEquals(1, report(pair(false, DRAFTED)).rows().size());
    // The run, two pairs, two rows.
    assertEquals(5, report(pair(true, loop), pair(false, DRAFTED)).lines().size());
  }

  private static DecodingPair pair(boolean looping, DecodingRun other) {
    return new DecodingPair("w", "s", 0, 1, 1, looping, PLAIN, other);
  }

  private static DecodingReport report(DecodingPair... pairs) {
    return new DecodingReport("m", 1, List.of(pairs), OptionalDouble.empty());
  }
}
