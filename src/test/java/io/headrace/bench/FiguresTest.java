package io.headrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.bench.BenchResult.Sample;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Percentiles, bounds and ratios. */
final class FiguresTest {
  /** 100 MB of weights; 100 million of them in the layers, 50 million in the head; a kilobyte of context a token. */
  private static final PassDemand DEMAND = new PassDemand(100_000_000, 50_000_000, 100_000_000, 1000, 1);

  private static final Workload PROMPT = new Workload.Prefill(512);

  private static final MachineSpeed MACHINE = new MachineSpeed(10, 1);

  @Test
  void percentilesInterpolateBetweenNeighbours() {
    Spread spread = Spread.of(List.of(4.0, 1.0, 3.0, 2.0, 5.0));
    assertEquals(new Spread(3, 1.4, 4.6, 5), spread);
    assertEquals(2.5, Spread.median(List.of(4.0, 1.0, 3.0, 2.0)));
    assertEquals(7, Spread.of(List.of(7.0)).p90());
    assertTrue(Double.isNaN(Spread.of(List.of()).median()));
  }

  @Test
  void decodingIsBoundByReadingWeightsAndContext() {
    Bound bound = DEMAND.bound(new Workload.Decode(1000), MACHINE, 512);
    assertEquals(Bound.Limit.MEMORY, bound.limit());
    assertEquals((100e6 + 1016 * 1e3) / 10e9, bound.seconds(), 1e-12);
  }

  @Test
  void everySequenceOfABatchReadsItsOwnContextButTheWeightsAreReadOnce() {
    Bound bound = DEMAND.bound(new Workload.Batch(4, 1000), MACHINE, 512);
    assertEquals((100e6 + 4 * 1016 * 1e3) / 10e9, bound.seconds(), 1e-12);
  }

  @Test
  void manyRowsAreBoundByProducts() {
    Bound bound = DEMAND.bound(new Workload.Rows(64, 0), MACHINE, 512);
    assertEquals(Bound.Limit.ARITHMETIC, bound.limit());
    assertEquals(2.0 * 64 * 150e6 / 1e12, bound.seconds(), 1e-12);
  }

  @Test
  void aPromptPaysForTheHeadOnce() {
    Bound bound = DEMAND.bound(new Workload.Prefill(1024), MACHINE, 512);
    assertEquals(2.0 * (1024 * 100e6 + 50e6) / 1e12, bound.seconds(), 1e-9);
    assertEquals(Bound.Limit.ARITHMETIC, bound.limit());
  }

  @Test
  void activationsOfTwoPlanesTakeTwiceTheProducts() {
    PassDemand wide = new PassDemand(100_000_000, 50_000_000, 100_000_000, 1000, 2);
    assertEquals(2 * DEMAND.bound(PROMPT, MACHINE, 512).seconds(), wide.bound(PROMPT, MACHINE, 512).seconds(), 1e-9);
    assertEquals(DEMAND.bound(new Workload.Decode(0), MACHINE, 512), wide.bound(new Workload.Decode(0), MACHINE, 512));
  }

  @Test
  void floatProductsHaveNoArithmeticBound() {
    PassDemand floats = new PassDemand(100_000_000, 50_000_000, 100_000_000, 1000, 0);
    assertEquals(Bound.Limit.UNKNOWN, floats.bound(new Workload.Prefill(512), MACHINE, 512).limit());
    assertEquals(Bound.Limit.MEMORY, floats.bound(new Workload.Decode(0), MACHINE, 512).limit());
  }

  /** Twice the speed in the second round: the medians of times say nothing, the ratios within rounds do. */
  @Test
  void sharesAndFactorsAreTakenWithinARound() {
    List<Sample> samples =
        List.of(
            new Sample(0.010, new Bound(0.005, Bound.Limit.MEMORY), 0.005),
            new Sample(0.005, new Bound(0.0025, Bound.Limit.MEMORY), 0.0025),
            new Sample(0.020, new Bound(0.010, Bound.Limit.MEMORY), 0.010));
    BenchResult result = BenchResult.of(new Workload.Rows(2, 0), samples);
    assertEquals(0.5, result.share(), 1e-9);
    assertEquals(2, result.factor(), 1e-9);
    assertEquals(10, result.values().median(), 1e-9);
    assertEquals(5, result.bound(), 1e-9);
  }

  @Test
  void aShapeWithoutABoundHasNoShare() {
    BenchResult result = BenchResult.of(new Workload.Prefill(100), List.of(new Sample(0.1, new Bound(1, Bound.Limit.UNKNOWN), Double.NaN)));
    assertTrue(Double.isNaN(result.share()) && Double.isNaN(result.bound()) && Double.isNaN(result.factor()));
    assertEquals(1000, result.values().median(), 1e-9);
  }

  @Test
  void roundedFiguresHaveFiveDigitsAndNoNaN() {
    assertEquals(123.46, BenchLines.rounded(123.4567));
    assertEquals(0.012346, BenchLines.rounded(0.01234567));
    assertEquals(null, BenchLines.rounded(Double.NaN));
  }
}
