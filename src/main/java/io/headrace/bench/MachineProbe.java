package io.headrace.bench;

import io.headrace.tensor.Kernels;
import io.headrace.tensor.ReadProbe;
import java.util.function.LongSupplier;

/** Measures what the machine can do with the threads of some kernels. Thread: that of the kernels. */
final class MachineProbe implements AutoCloseable {
  /** Memory read for the bandwidth figure: more than caches hold. */
  static final long BYTES = 512L << 20;

  /** A peak timed for less than this is not to be trusted. */
  private static final long LEAST_NANOS = 8_000_000;

  private final Kernels kernels;
  private final LongSupplier nanoClock;
  private final ReadProbe memory;
  private long peakRounds = 64;

  MachineProbe(Kernels kernels, LongSupplier nanoClock, long bytes) {
    this.kernels = kernels;
    this.nanoClock = nanoClock;
    this.memory = kernels.openReadProbe(bytes);
    memory.read(); // touched once, or the first figure would be that of the page tables
    measure();
  }

  MachineSpeed measure() {
    long begun = nanoClock.getAsLong();
    memory.read();
    double bandwidth = memory.bytes() / (double) Math.max(1, nanoClock.getAsLong() - begun);
    return new MachineSpeed(bandwidth, peak());
  }

  private double peak() {
    while (true) {
      long begun = nanoClock.getAsLong();
      long operations = kernels.integerPeak(peakRounds);
      long nanos = Math.max(1, nanoClock.getAsLong() - begun);
      if (nanos >= LEAST_NANOS || peakRounds >= 1L << 24) return operations / (nanos * 1e3);
      peakRounds *= 2;
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
