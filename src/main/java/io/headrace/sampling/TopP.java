package io.headrace.sampling;

/**
 * Keeps the nucleus: the fewest most probable tokens whose share of the mass of what is left reaches {@code mass}, at least one. Of
 * equally probable ones the lower ids. {@code mass} in (0, 1).
 *
 * @see <a href="https://arxiv.org/abs/1904.09751">Nucleus sampling</a>
 */
record TopP(float mass) {
  /** The weight that the kept tokens must reach, of a {@code total} of at least 1. */
  long needed(long total) {
    return Math.clamp((long) Math.ceil(mass * (double) total), 1, total);
  }

  /** Weights must be set; ids ascend again afterwards. The candidates are few: more are cut as a {@link WholeRow}. */
  void narrow(Candidates candidates) {
    long needed = needed(candidates.total());
    for (int at = candidates.count / 2 - 1; at >= 0; at--) siftDown(candidates, at, candidates.count);
    int end = candidates.count;
    long sum = 0;
    do {
      sum += candidates.weights[0];
      swap(candidates, 0, --end);
      siftDown(candidates, 0, end);
    } while (sum < needed);
    candidates.keepTail(end);
  }

  private static boolean better(Candidates c, int a, int b) {
    return c.weights[a] > c.weights[b] || c.weights[a] == c.weights[b] && c.ids[a] < c.ids[b];
  }

  private static void siftDown(Candidates c, int at, int size) {
    while (true) {
      int child = 2 * at + 1;
      if (child >= size) return;
      if (child + 1 < size && better(c, child + 1, child)) child++;
      if (!better(c, child, at)) return;
      swap(c, at, child);
      at = child;
    }
  }

  private static void swap(Candidates c, int a, int b) {
    int id = c.ids[a];
    c.ids[a] = c.ids[b];
    c.ids[b] = id;
    long weight = c.weights[a];
    c.weights[a] = c.weights[b];
    c.weights[b] = weight;
  }
}
