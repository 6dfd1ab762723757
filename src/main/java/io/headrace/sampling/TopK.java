package io.headrace.sampling;

import io.headrace.model.LogitRows;

/** Keeps the {@code k} largest logits, of equal ones the lower ids. {@code k} at least 1. */
record TopK(int k) {
  /**
   * Fills {@code candidates} from the tokens with a logit of at least {@code floor}. The {@code k}-th
   * largest peak bounds what can be kept, since {@code k} spans hold a token that large; so only
   * about {@code k} spans are read.
   */
  void keep(Candidates candidates, SpannedRow row, float floor) {
    float least = Math.max(floor, -Float.MAX_VALUE);
    int[] heap = candidates.ids;
    if (k < row.spans()) {
      int worst = largest(heap, row.peaks, row.spans());
      least = Math.max(least, row.peaks[worst]);
    }
    int size = 0;
    for (int span = 0; span < row.spans(); span++) {
      // Once the heap is full, an equal logit has a higher id than all before it and loses.
      if (!(row.peaks[span] >= least) || size == k && !(row.peaks[span] > row.values[heap[0]])) continue;
      row.load(span);
      int end = row.end(span);
      for (int id = span * LogitRows.SPAN; id < end; id++) {
        if (!(row.values[id] >= least)) continue;
        size = offer(heap, size, id, row.values);
      }
    }
    candidates.count = size;
    candidates.sortIds();
  }

  /** Puts the {@code k} largest of {@code values} on a heap; returns the least of them. */
  private int largest(int[] heap, float[] values, int count) {
    int size = 0;
    for (int i = 0; i < count; i++) size = offer(heap, size, i, values);
    return heap[0];
  }

  /** Ids come in ascending order; the root of the heap is the worst of those kept. */
  private int offer(int[] heap, int size, int id, float[] values) {
    if (size < k) {
      heap[size] = id;
      siftUp(heap, size, values);
      return size + 1;
    }
    if (values[id] > values[heap[0]]) {
      heap[0] = id;
      siftDown(heap, size, values);
    }
    return size;
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
