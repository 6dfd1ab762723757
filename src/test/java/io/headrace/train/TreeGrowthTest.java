package io.headrace.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class TreeGrowthTest {
  /** Published top-1 to top-5 accuracies of five heads on a model of seven billion weights, from the Medusa repository. */
  private static final double[][] CUMULATED = {
    {.560, .672, .727, .760, .780},
    {.316, .424, .485, .528, .563},
    {.201, .288, .348, .383, .417},
    {.147, .225, .274, .311, .340},
    {.118, .187, .235, .272, .300}
  };

  private static List<String> paths(TreeGrowth tree) {
    return tree.paths().stream().map(Arrays::toString).toList();
  }

  private static double[][] byRank() {
    double[][] rates = new double[CUMULATED.length][];
    for (int head = 0; head < rates.length; head++) {
      rates[head] = CUMULATED[head].clone();
      for (int rank = rates[head].length - 1; rank > 0; rank--) rates[head][rank] -= rates[head][rank - 1];
    }
    return rates;
  }

  @Test
  void publishedAccuraciesGrowThePublishedTree() {
    TreeGrowth tree = TreeGrowth.grow(byRank(), 10, 12);
    List<String> expected =
        List.of("[0]", "[0, 0]", "[1]", "[0, 1]", "[2]", "[0, 0, 0]", "[1, 0]", "[0, 2]", "[3]", "[0, 3]", "[4]", "[0, 4]");
    assertEquals(expected, paths(tree));
    assertEquals(2.166, tree.tokensPerPass(12), 0.0005);
  }

  @Test
  void everyBeginningIsATreeAndMeritFalls() {
    TreeGrowth tree = TreeGrowth.grow(byRank(), 5, 63);
    List<String> seen = new ArrayList<>();
    double before = 1;
    for (int i = 0; i < tree.paths().size(); i++) {
      int[] path = tree.paths().get(i);
      int last = path.length - 1;
      if (last > 0) assertTrue(seen.contains(Arrays.toString(Arrays.copyOf(path, last))));
      if (path[last] > 0) {
        int[] elder = path.clone();
        elder[last]--;
        assertTrue(seen.contains(Arrays.toString(elder)));
      }
      assertTrue(tree.values()[i] <= before);
      before = tree.values()[i];
      seen.add(Arrays.toString(path));
    }
    assertEquals(63, seen.stream().distinct().count());
  }

  @Test
  void countedPathsGrowTheTreeThatAcceptsMost() {
    // Heads that are right together: where the second guess of the first is right, so is the first of the second.
    GuessRanks ranks = new GuessRanks(2);
    for (int i = 0; i < 50; i++) ranks.add(0, GuessRanks.MISSED);
    for (int i = 0; i < 40; i++) ranks.add(1, 0);
    for (int i = 0; i < 10; i++) ranks.add(GuessRanks.MISSED, 0);
    TreeGrowth tree = ranks.tree(4, 10);
    assertEquals(List.of("[0]", "[1]", "[1, 0]"), paths(tree));
    assertEquals(1 + .5 + .4 + .4, tree.tokensPerPass(3), 1e-12);
  }

  @Test
  void figuresOfChainsAndFullTreesAreCounts() {
    GuessRanks ranks = new GuessRanks(3);
    Random random = new Random(5);
    List<int[]> all = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      int[] truth = random.ints(3, 0, 64).map(draw -> Integer.numberOfTrailingZeros(draw | 32)).toArray();
      all.add(truth);
      ranks.add(truth);
    }
    double accepted = 0;
    for (int[] truth : all) accepted += truth[0] > 3 ? 0 : truth[1] > 1 ? 1 : truth[2] > 0 ? 2 : 3;
    assertEquals(1 + accepted / all.size(), ranks.full(4, 2, 1), 1e-12);
    assertEquals(ranks.full(1, 1), ranks.chain(2), 1e-12);
    assertEquals(ranks.top(1, 2), ranks.rates(1, 6)[0] + ranks.rates(1, 6)[1], 1e-12);
    // A node more never accepts less, and the whole tree accepts what any full tree of its depth and width does.
    TreeGrowth tree = ranks.tree(6, 1000);
    assertEquals(ranks.full(6, 6, 6), tree.tokensPerPass(1000), 0.05);
  }
}
