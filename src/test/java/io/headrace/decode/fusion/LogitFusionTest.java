package io.headrace.decode.fusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class LogitFusionTest {
  private static final FusedRows KNOWN =
      new FusedRows(new float[] {1, 0, -1}, new float[] {.2f, .1f, 0}, new float[] {.9f, -.3f, .1f});

  @Test
  void theTestVectorOfTheMethodIsReproduced() {
    LogitFusion fusion = new LogitFusion(3);
    ShiftedRow row = new ShiftedRow(3);
    boolean[] alive = {true, true, true};
    row.begin(KNOWN.base, KNOWN.base, KNOWN.experts[0], alive).at(1);
    assertEquals(0.098753, row.away(), 1e-6);
    assertEquals(0.103785, row.back(), 1e-6);
    row.begin(KNOWN.target, KNOWN.base, KNOWN.experts[0], alive).at(1);
    assertEquals(0.078216, row.away(), 1e-6);
    assertEquals(0.095207, row.back(), 1e-6);
    KNOWN.fuse(fusion);
    assertEquals(1.086, fusion.alpha(), 1e-3);
  }

  @Test
  void theClosedFormsAreTheSums() {
    for (int seed = 0; seed < 20; seed++) {
      FusedRows rows = FusedRows.drawn(seed, 300, 1, 3, 1 + seed % 4);
      boolean[] alive = new boolean[300];
      Arrays.fill(alive, true);
      ShiftedRow row = new ShiftedRow(300).begin(rows.target, rows.base, rows.experts[0], alive);
      double[] before = FusedRows.softmax(rows.target, rows.base, rows.base, 0);
      for (double alpha : new double[] {0.1, 0.7, 1, 2}) {
        double[] after = FusedRows.softmax(rows.target, rows.base, rows.experts[0], alpha);
        row.at(alpha);
        assertEquals(FusedRows.divergence(after, before), row.away(), 1e-9);
        assertEquals(FusedRows.divergence(before, after), row.back(), 1e-9);
      }
    }
  }

  @Test
  void theWeightIsThatOfAFineGrid() {
    for (int seed = 0; seed < 60; seed++) {
      int experts = 1 + seed % 3;
      FusedRows rows = FusedRows.drawn(seed, 50 + 11 * seed, experts, 1 + seed % 5, 0.2 + 0.7 * (seed % 7));
      LogitFusion fusion = new LogitFusion(rows.target.length);
      rows.fuse(fusion);
      double[] grid = rows.grid(0.002);
      double miss = rows.miss(fusion.expert(), fusion.alpha());
      assertTrue(miss <= grid[2] * 1.002 + 1e-12, "seed %d: %s at %s, grid %s at %s".formatted(seed, miss, fusion.alpha(), grid[2], grid[1]));
    }
  }

  @Test
  void ofSeveralLowPointsTheLowestIsFound() {
    // The expert forbids what the target is sure of: on the way there the divergences jump one after the other.
    Random random = new Random(5);
    int several = 0;
    for (int round = 0; round < 60; round++) {
      int n = 5;
      float[] target = new float[n];
      float[] base = new float[n];
      float[] expert = new float[n];
      for (int i = 0; i < n; i++) {
        target[i] = (float) random.nextGaussian();
        base[i] = (float) random.nextGaussian();
        expert[i] = (float) (base[i] + 0.1 * random.nextGaussian());
      }
      target[0] = 4 + 4 * random.nextFloat();
      base[0] = -2 * random.nextFloat();
      expert[0] = -40 - 40 * random.nextFloat();
      FusedRows rows = new FusedRows(target, base, expert);
      LogitFusion fusion = new LogitFusion(n);
      rows.fuse(fusion);
      double[] grid = rows.grid(0.001);
      double miss = rows.miss(0, fusion.alpha());
      assertTrue(miss <= grid[2] * 1.005 + 1e-9, "round %d: %s at %s, grid %s at %s".formatted(round, miss, fusion.alpha(), grid[2], grid[1]));
      if (lowPoints(rows) > 1) several++;
    }
    assertTrue(several > 3, "only %d rows had several low points: the law was not tried".formatted(several));
  }

  private static int lowPoints(FusedRows rows) {
    int count = 0;
    double before = rows.miss(0, 0);
    boolean falling = false;
    for (double alpha = 0.01; alpha <= 2; alpha += 0.01) {
      double now = rows.miss(0, alpha);
      if (falling && now > before) count++;
      falling = now < before;
      before = now;
    }
    return falling ? count + 1 : count;
  }

  @Test
  void weightZeroReproducesTheTarget() {
    FusedRows rows = FusedRows.drawn(1, 500, 2, 3, 2);
    assertArrayEquals(rows.target, rows.fuse(new LogitFusion(500), 0));
  }

  @Test
  void anExpertThatLearnedNothingHasNoEffect() {
    FusedRows drawn = FusedRows.drawn(2, 500, 1, 3, 2);
    FusedRows same = new FusedRows(drawn.target, drawn.base, drawn.base.clone());
    LogitFusion fusion = new LogitFusion(500);
    assertArrayEquals(drawn.target, same.fuse(fusion));
    assertEquals(0, fusion.alpha());
    assertArrayEquals(drawn.target, same.fuse(fusion, 1.5));
  }

  @Test
  void constantsOnTopOfAModelsLogitsChangeNothing() {
    FusedRows rows = FusedRows.drawn(3, 500, 2, 3, 2);
    for (float[] row : new float[][] {rows.target, rows.base, rows.experts[0], rows.experts[1]}) {
      for (int i = 0; i < row.length; i++) row[i] = Math.round(row[i] * 1024) / 1024f; // so that sums are exact
    }
    LogitFusion fusion = new LogitFusion(500);
    double[] plain = FusedRows.softmax(rows.fuse(fusion), rows.base, rows.base, 0);
    double alpha = fusion.alpha();
    int expert = fusion.expert();
    FusedRows moved =
        new FusedRows(plus(rows.target, 7), plus(rows.base, -20), plus(rows.experts[0], 33), plus(rows.experts[1], -64));
    double[] shifted = FusedRows.softmax(moved.fuse(fusion), rows.base, rows.base, 0);
    assertEquals(alpha, fusion.alpha());
    assertEquals(expert, fusion.expert());
    assertArrayEquals(plain, shifted, 2e-5); // what the sum of a row rounds to
  }

  private static float[] plus(float[] row, float constant) {
    float[] sum = row.clone();
    for (int i = 0; i < sum.length; i++) sum[i] += constant;
    return sum;
  }

  @Test
  void withTheBaseAsTargetTheExpertItselfComesOut() {
    for (int seed = 0; seed < 20; seed++) {
      FusedRows drawn = FusedRows.drawn(seed, 700, 1, 3, 0.01 + seed);
      FusedRows same = new FusedRows(drawn.base.clone(), drawn.base, drawn.experts[0]);
      LogitFusion fusion = new LogitFusion(700);
      assertArrayEquals(drawn.experts[0], same.fuse(fusion));
      assertEquals(1, fusion.alpha());
    }
  }

  @Test
  void theExpertWhoseShiftReachesTheCommonAimIsTaken() {
    FusedRows drawn = FusedRows.drawn(4, 400, 1, 3, 1.5);
    // The second expert learned nothing: from there no weight moves the target.
    FusedRows rows = new FusedRows(drawn.target, drawn.base, drawn.base.clone(), drawn.experts[0]);
    LogitFusion fusion = new LogitFusion(400);
    rows.fuse(fusion);
    assertEquals(1, fusion.expert());
    assertTrue(fusion.alpha() > 0);
  }

  @Test
  void aTokenMaskedInAnyModelIsMaskedInTheFusedRowAndMovesNothing() {
    FusedRows drawn = FusedRows.drawn(6, 300, 2, 3, 2);
    LogitFusion fusion = new LogitFusion(300);
    float[] plain = drawn.fuse(fusion);
    double alpha = fusion.alpha();
    FusedRows padded =
        new FusedRows(padded(drawn.target, true), padded(drawn.base, false), padded(drawn.experts[0], true), padded(drawn.experts[1], true));
    LogitFusion wider = new LogitFusion(303);
    float[] masked = padded.fuse(wider);
    assertArrayEquals(plain, Arrays.copyOf(masked, 300));
    for (int i = 300; i < 303; i++) assertEquals(Float.NEGATIVE_INFINITY, masked[i]);
    assertEquals(alpha, wider.alpha());
    float[] fixed = padded.fuse(wider, 1);
    for (int i = 300; i < 303; i++) assertEquals(Float.NEGATIVE_INFINITY, fixed[i]);
  }

  private static float[] padded(float[] row, boolean all) {
    float[] longer = Arrays.copyOf(row, 303);
    longer[300] = Float.NEGATIVE_INFINITY;
    longer[301] = all ? Float.NEGATIVE_INFINITY : 50;
    longer[302] = all ? 60 : Float.NEGATIVE_INFINITY;
    return longer;
  }

  @Test
  void extremeLogitsStayNumbers() {
    for (double spread : new double[] {1e-6, 1, 100, 1e4, 1e6}) {
      for (double shift : new double[] {1e-6, 1, 100, 1e4, 1e6}) {
        FusedRows rows = FusedRows.drawn(7, 200, 2, spread, shift);
        LogitFusion fusion = new LogitFusion(200);
        float[] fused = rows.fuse(fusion);
        assertTrue(fusion.alpha() >= 0 && fusion.alpha() <= LogitFusion.MOST);
        for (float x : fused) assertTrue(Float.isFinite(x));
        double[] grid = rows.grid(0.01);
        double miss = rows.miss(fusion.expert(), fusion.alpha());
        assertTrue(miss <= grid[2] * 1.01 + 1e-9, "%s, %s: %s at %s, grid %s at %s".formatted(spread, shift, miss, fusion.alpha(), grid[2], grid[1]));
      }
    }
  }

  @Test
  void oneTokenIsEnough() {
    FusedRows rows = new FusedRows(new float[] {3}, new float[] {1}, new float[] {2});
    assertEquals(1, rows.fuse(new LogitFusion(1)).length);
  }

  @Test
  void rowsThatAreNoNumbersAreRefusedByName() {
    FusedRows rows = FusedRows.drawn(8, 10, 1, 3, 2);
    rows.base[4] = Float.NaN;
    String said = assertThrows(ArithmeticException.class, () -> rows.fuse(new LogitFusion(10))).getMessage();
    assertEquals("the base's logit of token 4 is NaN", said);
    rows.base[4] = 0;
    rows.experts[0][9] = Float.POSITIVE_INFINITY;
    assertThrows(ArithmeticException.class, () -> rows.fuse(new LogitFusion(10), 1));
    Arrays.fill(rows.experts[0], Float.NEGATIVE_INFINITY);
    assertThrows(ArithmeticException.class, () -> rows.fuse(new LogitFusion(10)));
  }

  @Test
  void whatWasFusedBeforeChangesNoBit() {
    FusedRows one = FusedRows.drawn(9, 400, 2, 3, 2);
    float[] alone = one.fuse(new LogitFusion(400));
    LogitFusion shared = new LogitFusion(400);
    FusedRows.drawn(10, 400, 1, 9, 20).fuse(shared);
    assertArrayEquals(alone, one.fuse(shared));
    FusedRows.drawn(11, 400, 1, 1, 1).fuse(shared, 1);
    assertArrayEquals(alone, one.fuse(shared));
  }

  @Test
  void aFixedWeightAddsEveryShift() {
    FusedRows rows = FusedRows.drawn(12, 100, 3, 3, 2);
    float[] fused = rows.fuse(new LogitFusion(100), 0.5);
    for (int i = 0; i < 100; i++) {
      double expected = rows.target[i];
      for (float[] expert : rows.experts) expected += 0.5 * ((double) expert[i] - rows.base[i]);
      assertEquals(expected, fused[i], 1e-5);
    }
  }

  @Test
  void aRowTakesFewSweeps() {
    int sweeps = 0;
    int most = 0;
    LogitFusion fusion = new LogitFusion(5000);
    for (int seed = 0; seed < 40; seed++) {
      FusedRows.drawn(seed, 5000, 1, 3, 0.3 + 0.05 * seed).fuse(fusion);
      sweeps += fusion.sweeps();
      most = Math.max(most, fusion.sweeps());
    }
    assertTrue(sweeps <= 40 * 13, "%.1f sweeps a row, %d at most".formatted(sweeps / 40.0, most));
  }

  @Test
  void fusingAllocatesNothing() {
    FusedRows rows = FusedRows.drawn(13, 2000, 2, 3, 2);
    LogitFusion fusion = new LogitFusion(2000);
    float[] out = new float[2000];
    for (int i = 0; i < 50; i++) fusion.dynamic(rows.target, rows.base, rows.experts, out);
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    threads.getCurrentThreadAllocatedBytes();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 50; i++) fusion.dynamic(rows.target, rows.base, rows.experts, out);
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(bytes < 5000, bytes + " bytes");
  }

  @Test
  void theExponentialIsThatOfTheLibrary() {
    Random random = new Random(14);
    double[] x = new double[10_000];
    for (int i = 1; i < x.length; i++) x[i] = 3 - random.nextDouble() * (i % 2 == 0 ? 1 : 43);
    x[0] = 3;
    x[1] = -42;
    x[2] = Double.NEGATIVE_INFINITY;
    double[] e = new double[x.length];
    Exponential.of(x, 3, e, x.length);
    for (int i = 0; i < x.length; i++) assertEquals(StrictMath.exp(x[i] - 3), e[i], 1e-10 * StrictMath.exp(x[i] - 3) + 1e-19);
    assertEquals(0, e[1]);
    assertEquals(0, e[2]);
    assertEquals(1, e[0], 1e-12);
  }
}
