package io.headrace.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;

/**
 * The arithmetic law in Java: the judge of the native kernels, and what computes where there are none. Weights and pages lie on the
 * heap; a matrix takes a little over 2 bytes per quantised weight and 4 per float weight.
 *
 * <p>Written for the JIT, see {@link JavaMatrix}.
 */
final class ReferenceKernels implements Kernels {
  private final JavaTeam team;
  private final Weigher weigher = new JavaWeigher();
  private final String reason;

  /**
   * @param reason why Java computes, for people
   */
  ReferenceKernels(int threads, String reason) {
    this.team = new JavaTeam(threads);
    this.reason = reason;
  }

  @Override
  public String describe() {
    return "Java kernels, %d %s (%s)"
        .formatted(threads(), threads() == 1 ? "thread" : "threads", reason);
  }

  @Override
  public Tier tier() {
    return Tier.JAVA;
  }

  @Override
  public int threads() {
    return team.threads();
  }

  @Override
  public ThreadUse threadUse() {
    return ThreadUse.all(threads());
  }

  @Override
  public KvFormat fastestKvFormat() {
    return KvFormat.F16;
  }

  @Override
  public long matrixBytes(QuantFormat format, long rows, long columns) {
    if (!format.quantisesActivations()) return 4 * rows * columns;
    long perBlock = 64 + 4 + (JavaCodes.hasMinimum(format) ? 4 : 0) + (JavaCodes.hasIntegerScale(format) ? 2 : 0);
    return rows * (columns / 32) * perBlock;
  }

  @Override
  public MatrixArena openMatrices(long bytes) {
    return new HeapMatrices(team);
  }

  @Override
  public MatrixArena openMatricesAside(long bytes) {
    return new HeapMatrices(new JavaTeam(1));
  }

  /** The collector owns the memory; closing is only bookkeeping. */
  private final class HeapMatrices implements MatrixArena {
    private final JavaTeam packers;
    private long used;

    HeapMatrices(JavaTeam packers) {
      this.packers = packers;
    }

    @Override
    public Matrix pack(QuantFormat format, long rows, long columns, MemorySegment source) {
      if (source.byteSize() != Math.multiplyExact(rows, format.rowBytes(columns))) {
        throw new KernelFault(
            "%d bytes are not a %s matrix of %d rows of %d"
                .formatted(source.byteSize(), format, rows, columns));
      }
      try {
        JavaMatrix matrix = JavaMatrix.pack(packers, format, rows, columns, source);
        used += matrixBytes(format, rows, columns);
        return matrix;
      } catch (OutOfMemoryError full) {
        throw new KernelFault(
            "the heap is too small for the weights: start with a larger -Xmx, or with the native kernels");
      }
    }

    @Override
    public long usedBytes() {
      return used;
    }

    @Override
    public void close() {}
  }

  @Override
  public KvPages openPages(KvShape shape) {
    return new JavaPages(shape);
  }

  @Override
  public Program open(ProgramSpec spec) {
    if (!(spec.pages() instanceof JavaPages)) throw new KernelFault("the pages are not of these kernels");
    return new JavaProgram(spec, team);
  }

  @Override
  public void weigh(MemorySegment logits, float largest, float inverse, float least, RowWeights row) {
    weigher.weigh(logits, largest, inverse, least, row);
  }

  @Override
  public double entropy(MemorySegment logits, int entries, float largest) {
    return weigher.entropy(logits, entries, largest);
  }

  @Override
  public void cut(RowWeights row, long needed) {
    weigher.cut(row, needed);
  }

  @Override
  public ReadProbe openReadProbe(long bytes) {
    int share = Math.toIntExact(bytes / 8 / threads());
    long[][] shares = new long[threads()][share];
    return new ReadProbe() {
      private final LongAdder sink = new LongAdder();

      @Override
      public long bytes() {
        return 8L * share * threads();
      }

      @Override
      public void read() {
        team.each(threads(), t -> sink.add(sum(shares[t])));
      }

      @Override
      public void close() {}
    };
  }

  private static long sum(long[] words) {
    long sum = 0;
    for (long word : words) sum += word;
    return sum;
  }

  @Override
  public long integerPeak(long rounds) {
    int vector = 64;
    LongAdder sink = new LongAdder();
    team.each(
        threads(),
        t -> {
          int[] sums = new int[vector];
          byte[] codes = new byte[vector];
          Arrays.fill(codes, (byte) (t + 1));
          for (long i = 0; i < rounds * 1024; i++) {
            int x = (int) i & 127;
            for (int j = 0; j < vector; j++) sums[j] += codes[j] * x;
          }
          sink.add(sums[t % vector]);
        });
    return sink.sum() == Long.MIN_VALUE ? 0 : 2L * vector * 1024 * rounds * threads();
  }

  @Override
  public void close() {
    team.close();
  }
}
