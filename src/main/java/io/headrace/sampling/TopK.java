package io.headrace.sampling;

/** Keeps the {@code k} largest logits, of equal ones the lower ids. {@code k} at least 1. */
record TopK(int k) {
  /**
   * Fills {@code candidates} from the tokens with a logit of at least {@code floor}. One pass over
   * the row with a heap of {@code k} ids whose root is the worst kept; on typical rows nearly every
   * token is refused by one comparison.
   */
  void keep(Candidates candidates, float[] row, int vocabulary, float floor) {
    int[] heap = candidates.ids;
    float least = Math.max(floor, -Float.MAX_VALUE);
    int size = 0;
    int id = 0;
    for (; id < vocabulary && size < k; id++) {
      if (row[id] < least) continue;
      heap[size] = id;
      siftUp(heap, size++, row);
    }
    if (size == k) {
      float worst = row[heap[0]];
      for (; id < vocabulary; id++) {
        // An equal logit has a higher id than all before it and loses. A logit above the worst is
        // above the floor.
        if (!(row[id] > worst)) continue;
        heap[0] = id;
        siftDown(heap, size, row);
        worst = row[heap[0]];
      }
    }
    candidates.count = size;
    candidates.sortIds();
  }

  private static boolean worse(int a, int b, float[] row) {
    return row[a] < row[b] || row[a] == row[b] && a > b;
  }

  private static void siftUp(int[] heap, int at, float[] row) {
    int id = heap[at];
    while (at > 0) {
      int parent = at - 1 >>> 1;
      if (!worse(id, heap[parent], row)) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = id;
  }

  private static void siftDown(int[] heap, int size, float[] row) {
    int at = 0;
    int id = heap[0];
    while (true) {
      int child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && worse(heap[child + 1], heap[child], row)) child++;
      if (!worse(heap[child], id, row)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = id;
  }
}
