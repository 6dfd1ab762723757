package io.headrace.train;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Where the truth stood among each head's guesses, at many positions: rank 0 was the first guess. Head {@code k} was asked with
 * everything before it known, so a path of ranks is accepted exactly where it is a beginning of a position's ranks, and its
 * probability is counted rather than multiplied up.
 */
public final class GuessRanks {
  /** Rank of a truth that no guess could name: outside the slice, or behind the end of the answer. */
  public static final int MISSED = Integer.MAX_VALUE;

  private final int heads;
  private int[][] ranks = new int[1024][];
  private int size;

  public GuessRanks(int heads) {
    this.heads = heads;
  }

  public int heads() {
    return heads;
  }

  /** Positions seen. */
  public int size() {
    return size;
  }

  /**
   * Adds a position.
   *
   * @param truth a rank per head; {@link #MISSED} where it had none
   */
  public void add(int... truth) {
    if (truth.length != heads) throw new IllegalArgumentException("%d ranks for %d heads".formatted(truth.length, heads));
    if (size == ranks.length) ranks = Arrays.copyOf(ranks, 2 * size);
    ranks[size++] = truth.clone();
  }

  /** Share of positions at which the truth was among the first {@code guesses} of {@code head}. */
  public double top(int head, int guesses) {
    return share(truth -> truth[head] < guesses);
  }

  /**
   * Share of positions at which head {@code head}'s guess of this rank was right, among those at which the head before it had the
   * truth at rank {@code before}; NaN where there are none. For the first head {@code before} says nothing.
   */
  public double conditional(int head, int before, int rank) {
    long asked = 0;
    long right = 0;
    for (int i = 0; i < size; i++) {
      if (head > 0 && ranks[i][head - 1] != before) continue;
      asked++;
      if (ranks[i][head] == rank) right++;
    }
    return asked == 0 ? Double.NaN : (double) right / asked;
  }

  /** Share of positions at which head {@code head}'s guess of each rank was right, whatever the others said. */
  public double[] rates(int head, int guesses) {
    double[] rates = new double[guesses];
    for (int rank = 0; rank < guesses; rank++) {
      int wanted = rank;
      rates[rank] = share(truth -> truth[head] == wanted);
    }
    return rates;
  }

  /** Tokens per pass of a chain of the first {@code depth} heads' first guesses. */
  public double chain(int depth) {
    int[] widths = new int[depth];
    Arrays.fill(widths, 1);
    return full(widths);
  }

  /** Tokens per pass of a full tree with so many ranks per depth. */
  public double full(int... widths) {
    double tokens = 1;
    for (int depth = 1; depth <= widths.length; depth++) {
      int deep = depth;
      tokens +=
          share(
              truth -> {
                for (int d = 0; d < deep; d++) {
                  if (truth[d] >= widths[d]) return false;
                }
                return true;
              });
    }
    return tokens;
  }

  /** The best trees of up to {@code nodes} guesses. */
  public TreeGrowth tree(int children, int nodes) {
    Map<String, Integer> hits = new HashMap<>();
    for (int i = 0; i < size; i++) {
      StringBuilder path = new StringBuilder();
      for (int depth = 0; depth < heads && ranks[i][depth] < children; depth++) {
        path.append(ranks[i][depth]).append(' ');
        hits.merge(path.toString(), 1, Integer::sum);
      }
    }
    // A later rank may have been right more often than an earlier one, by chance; what is grown must not depend on that chance.
    Map<String, Double> values = new HashMap<>();
    return TreeGrowth.grow(
        heads,
        children,
        nodes,
        path -> {
          double value = hits.getOrDefault(key(path, path.length), 0) / (double) Math.max(1, size);
          int last = path.length - 1;
          if (last > 0) value = Math.min(value, values.getOrDefault(key(path, last), 0.0));
          if (path[last] > 0) {
            int[] elder = path.clone();
            elder[last]--;
            value = Math.min(value, values.getOrDefault(key(elder, elder.length), 0.0));
          }
          values.put(key(path, path.length), value);
          return value;
        });
  }

  private static String key(int[] path, int length) {
    StringBuilder key = new StringBuilder();
    for (int i = 0; i < length; i++) key.append(path[i]).append(' ');
    return key.toString();
  }

  private interface Test {
    boolean holds(int[] truth);
  }

  private double share(Test test) {
    int count = 0;
    for (int i = 0; i < size; i++) {
      if (test.holds(ranks[i])) count++;
    }
    return size == 0 ? Double.NaN : (double) count / size;
  }
}
