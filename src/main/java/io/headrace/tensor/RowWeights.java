package io.headrace.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The weights of a row and their sums over spans of {@link Kernels#PEAK_SPAN} entries, as a {@link Weigher} writes them. Memory
 * outside the heap, which the collector frees.
 *
 * <p>Thread: one thread; scratch, reused for every row.
 */
public final class RowWeights {
  private static final long CUT_BYTES = 16;

  final MemorySegment weights;
  final MemorySegment sums;
  final MemorySegment scratch;

  /** What is kept: {@code hr_nucleus}. */
  final MemorySegment cut;

  private final int entries;
  private final int spans;

  /**
   * @param entries 1 to {@link Weigher#MOST}
   */
  public RowWeights(int entries) {
    if (entries < 1 || entries > Weigher.MOST) {
      throw new IllegalArgumentException(
          "a row to weigh has 1 to %d entries, not %d".formatted(Weigher.MOST, entries));
    }
    this.entries = entries;
    spans = (entries + Kernels.PEAK_SPAN - 1) / Kernels.PEAK_SPAN;
    Arena memory = Arena.ofAuto();
    weights = memory.allocate(4L * entries, 64);
    sums = memory.allocate(8L * spans, 64);
    scratch = memory.allocate(4L * entries, 64);
    cut = memory.allocate(CUT_BYTES, 8);
  }

  public int entries() {
    return entries;
  }

  public int spans() {
    return spans;
  }

  /** The weight of an entry, 0 where it is not kept. */
  public long weight(int entry) {
    float weight = weights.getAtIndex(JAVA_FLOAT, entry);
    float least = cut.get(JAVA_FLOAT, 0);
    return weight > least || weight == least && entry <= cut.get(JAVA_INT, 4) ? (long) weight : 0;
  }

  /** What the kept entries of a span weigh. */
  public long sum(int span) {
    return sums.getAtIndex(JAVA_LONG, span);
  }

  /** What all kept entries weigh. */
  public long total() {
    long total = 0;
    for (int span = 0; span < spans; span++) total += sum(span);
    return total;
  }

  /** All entries are kept. */
  void keepAll() {
    keep(0f, entries, 0);
  }

  void keep(float least, int last, long mass) {
    cut.set(JAVA_FLOAT, 0, least);
    cut.set(JAVA_INT, 4, last);
    cut.set(JAVA_LONG, 8, mass);
  }
}
