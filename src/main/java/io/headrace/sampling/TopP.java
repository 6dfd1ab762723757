package io.headrace.sampling;

/**
 * Keeps the fewest most probable tokens whose share of the candidates' mass reaches {@code mass},
 * at least one. Of equally probable ones the lower ids. {@code mass} in (0, 1).
 *
 * @see <a href="https://arxiv.org/abs/1904.09751">Nucleus sampling</a>
 */
record TopP(float mass) {
  /*
   * Sorting a vocabulary costs far more than the few tokens that are kept. Tokens below (1 - mass)
   * / n of the total hold less than 1 - mass together, so the nucleus lies among the others: these
   * are put on a heap and taken off one by one until the mass is reached. The largest weight is 1
   * and the total at most n, so at least one token passes. Weights must be set and are void
   * afterwards; ids ascend again.
   */
  void narrow(Candidates candidates) {
    double total = candidates.total();
    double needed = mass * total;
    // The factor keeps rounding from removing a token that belongs.
    double least = (1.0 - mass) * total / candidates.count * 0.999;
    int size = 0;
    for (int i = 0; i < candidates.count; i++) {
      if (candidates.weights[i] < least) continue;
      candidates.ids[size] = candidates.ids[i];
      candidates.weights[size++] = candidates.weights[i];
    }
    for (int at = size / 2 - 1; at >= 0; at--) siftDown(candidates, at, size);
    int end = size;
    double sum = 0;
    do {
      sum += candidates.weights[0];
      swap(candidates, 0, --end);
      siftDown(candidates, 0, end);
    } while (end > 0 && sum < needed);
    candidates.count = size - end;
    System.arraycopy(candidates.ids, end, candidates.ids, 0, candidates.count);
    candidates.sortIds();
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
    double weight = c.weights[a];
    c.weights[a] = c.weights[b];
    c.weights[b] = weight;
  }
}
