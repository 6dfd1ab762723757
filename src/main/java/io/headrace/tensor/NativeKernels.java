package io.headrace.tensor;

import java.lang.foreign.MemorySegment;

/** Kernels in C++ with a team of native threads. */
final class NativeKernels implements Kernels {
  /** Packed matrices start on their own cache lines, and on their own pages so that two never share one. */
  private static final long MATRIX_ALIGNMENT = 4096;

  private final NativeCalls calls;
  private final MemorySegment team;
  private final Weigher weigher;
  private final int threads;
  private final Tier tier;
  private final Tier best;
  private final Object closing = new Object();
  private ThreadUse lastUse; // guarded by closing
  private boolean closed; // guarded by closing

  /**
   * @throws KernelFault if the team cannot be opened
   */
  NativeKernels(NativeCalls calls, KernelsOptions options) {
    this.calls = calls;
    best = Tier.ofId(calls.bestTier());
    tier = options.highestTier().filter(wanted -> wanted.id() < best.id()).orElse(best);
    threads = options.threads();
    team = calls.teamOpen(threads, tier.id(), options.spins());
    weigher = new NativeWeigher(calls, team);
    if (options.adaptiveThreads()) calls.teamSetWidth(team, 0);
    lastUse = ThreadUse.all(threads);
  }

  @Override
  public String describe() {
    return "%s kernels, %d %s%s"
        .formatted(
            tier.label(),
            threads,
            threads == 1 ? "thread" : "threads",
            tier == best ? "" : " (lowered from " + best.label() + ")");
  }

  @Override
  public Tier tier() {
    return tier;
  }

  @Override
  public int threads() {
    return threads;
  }

  @Override
  public ThreadUse threadUse() {
    synchronized (closing) {
      if (!closed) lastUse = calls.teamCounts(team);
      return lastUse;
    }
  }

  @Override
  public KvFormat fastestKvFormat() {
    return calls.bf16Products(tier.id()) == 1 ? KvFormat.BF16 : KvFormat.F16;
  }

  @Override
  public long matrixBytes(QuantFormat format, long rows, long columns) {
    return alignedUp(calls.matrixBytes(format.id(), rows, columns));
  }

  private static long alignedUp(long bytes) {
    return Math.addExact(bytes, MATRIX_ALIGNMENT - 1) / MATRIX_ALIGNMENT * MATRIX_ALIGNMENT;
  }

  @Override
  public MatrixArena openMatrices(long bytes) {
    return new MappedMatrices(calls.memoryMap(Math.max(bytes, MATRIX_ALIGNMENT)), team);
  }

  @Override
  public MatrixArena openMatricesAside(long bytes) {
    MemorySegment alone = calls.teamOpen(1, tier.id(), 0); // the caller: it has no thread of its own
    try {
      return new MappedMatrices(calls.memoryMap(Math.max(bytes, MATRIX_ALIGNMENT)), alone);
    } catch (RuntimeException failed) {
      calls.teamClose(alone);
      throw failed;
    }
  }

  private final class MappedMatrices implements MatrixArena {
    private final MemorySegment memory;
    private final MemorySegment packers;
    private long used;
    private boolean released;

    MappedMatrices(MemorySegment memory, MemorySegment packers) {
      this.memory = memory;
      this.packers = packers;
    }

    @Override
    public Matrix pack(QuantFormat format, long rows, long columns, MemorySegment source) {
      if (source.byteSize() != Math.multiplyExact(rows, format.rowBytes(columns))) {
        throw new KernelFault(
            "%d bytes are not a %s matrix of %d rows of %d"
                .formatted(source.byteSize(), format, rows, columns));
      }
      long bytes = matrixBytes(format, rows, columns);
      if (bytes > memory.byteSize() - used) throw new KernelFault("the weights outgrow their arena");
      MemorySegment packed = memory.asSlice(used, bytes);
      calls.matrixPack(packers, format.id(), rows, columns, source, packed);
      used += bytes;
      return new NativeMatrix(calls, format, rows, columns, packed);
    }

    @Override
    public long usedBytes() {
      return used;
    }

    @Override
    public void close() {
      if (released) return;
      released = true;
      calls.memoryUnmap(memory);
      if (packers != team) calls.teamClose(packers);
    }
  }

  @Override
  public KvPages openPages(KvShape shape) {
    return new NativePages(calls, shape);
  }

  @Override
  public Program open(ProgramSpec spec) {
    if (!(spec.pages() instanceof NativePages)) {
      throw new KernelFault("the pages are not of these kernels");
    }
    return new NativeProgram(calls, team, spec);
  }

  @Override
  public ReadProbe openReadProbe(long bytes) {
    MemorySegment memory = calls.memoryMap(bytes);
    memory.fill((byte) 1); // untouched pages would all be the one zero page
    return new ReadProbe() {
      @Override
      public long bytes() {
        return bytes;
      }

      @Override
      public void read() {
        calls.teamRead(team, memory, bytes);
      }

      @Override
      public void close() {
        calls.memoryUnmap(memory);
      }
    };
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
  public boolean chooses() {
    return weigher.chooses();
  }

  @Override
  public void choose(Choices choices) {
    weigher.choose(choices);
  }

  @Override
  public void cut(RowWeights row, long needed) {
    weigher.cut(row, needed);
  }

  @Override
  public long integerPeak(long rounds) {
    return calls.teamIntegerPeak(team, rounds);
  }

  @Override
  public void close() {
    synchronized (closing) {
      if (closed) return;
      closed = true;
      lastUse = calls.teamCounts(team);
    }
    calls.teamClose(team);
  }
}
