package io.headrace.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Weights by the law in plain Java. */
final class JavaWeigher implements Weigher {
  /** Entries in the order of a nucleus, backwards. */
  private long[] order = {};

  @Override
  public void weigh(MemorySegment logits, float largest, float inverse, float least, RowWeights row) {
    if (!Float.isFinite(largest) || !Float.isFinite(inverse) || !(inverse > 0) || !(least >= 0)) {
      throw new KernelFault(
          "a row cannot be weighed from %s on by %s, least %s".formatted(largest, inverse, least));
    }
    for (int span = 0; span < row.spans(); span++) {
      int end = Math.min(row.entries(), (span + 1) * Kernels.PEAK_SPAN);
      long sum = 0;
      for (int i = span * Kernels.PEAK_SPAN; i < end; i++) {
        long weight = Weigher.weight(logits.getAtIndex(JAVA_FLOAT, i), largest, inverse);
        if (weight < least) weight = 0;
        row.weights.setAtIndex(JAVA_FLOAT, i, weight);
        sum += weight;
      }
      row.sums.setAtIndex(JAVA_LONG, span, sum);
    }
    row.keepAll();
  }

  @Override
  public double entropy(MemorySegment logits, int entries, float largest) {
    if (entries < 1 || entries > MOST || !Float.isFinite(largest)) {
      throw new KernelFault("no entropy of %d logits below %s".formatted(entries, largest));
    }
    long mass = 0;
    long loss = 0;
    for (int i = 0; i < entries; i++) {
      float logit = logits.getAtIndex(JAVA_FLOAT, i);
      long weight = Weigher.weight(logit, largest, 1f);
      mass += weight;
      float below = logit - largest;
      if (weight > 0 && below < 0) loss += (long) Math.rint(weight * -below);
    }
    return Weigher.entropy(mass, loss);
  }

  @Override
  public void cut(RowWeights row, long needed) {
    long total = row.total();
    if (needed < 1 || needed > total) {
      throw new KernelFault("a nucleus of %d out of %d".formatted(needed, total));
    }
    if (order.length < row.entries()) order = new long[row.entries()];
    // Entries that weigh less than an equal share of what is not needed are not needed.
    long share = Math.max(1, (total - needed) / row.entries());
    int count = 0;
    for (int i = 0; i < row.entries(); i++) {
      long weight = (long) row.weights.getAtIndex(JAVA_FLOAT, i);
      // Weights are below 2^41, but floats above 0 rise with their bits, which leaves 32 for the id.
      if (weight >= share) order[count++] = (long) Float.floatToRawIntBits(weight) << 32 | ~i & 0xFFFFFFFFL;
    }
    Arrays.sort(order, 0, count);
    row.sums.fill((byte) 0);
    long mass = 0;
    float least = 0;
    int last = 0;
    while (mass < needed) {
      long heaviest = order[--count];
      last = ~(int) heaviest;
      least = Float.intBitsToFloat((int) (heaviest >>> 32));
      int span = last / Kernels.PEAK_SPAN;
      row.sums.setAtIndex(JAVA_LONG, span, row.sum(span) + (long) least);
      mass += (long) least;
    }
    row.keep(least, last, mass);
  }
}
