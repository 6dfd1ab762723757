package io.headrace.tensor;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Weights by the kernels of a team's tier, on the calling thread. Errors as {@link NativeCalls}. */
final class NativeWeigher implements Weigher {
  /** Made at the first draw: each takes milliseconds, and a greedy request needs none. */
  private static final class Handles {
    static final MethodHandle WEIGH =
        NativeCalls.handle(
            FunctionDescriptor.of(
                JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_FLOAT, JAVA_FLOAT, JAVA_FLOAT, ADDRESS, ADDRESS));
    static final MethodHandle ENTROPY =
        NativeCalls.handle(
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_FLOAT, ADDRESS));
    static final MethodHandle CUT =
        NativeCalls.handle(
            FunctionDescriptor.of(
                JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS));
    static final MethodHandle CHOOSE_BYTES =
        NativeCalls.handle(FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG));
    static final MethodHandle CHOOSE =
        NativeCalls.handle(
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
  }

  private final MemorySegment team;
  private final MemorySegment weigh;
  private final MemorySegment cut;
  private final MemorySegment entropy;
  private final MemorySegment choose;
  private final MemorySegment chooseBytes;
  private final MemorySegment sums = Arena.ofAuto().allocate(16, 8);

  /** What choices work in, for rows of up to {@link #scratchEntries}. */
  private MemorySegment scratch = MemorySegment.NULL;

  private int scratchEntries;

  NativeWeigher(NativeCalls calls, MemorySegment team) {
    this.team = team;
    weigh = calls.symbol("hr_weigh");
    cut = calls.symbol("hr_cut_nucleus");
    entropy = calls.symbol("hr_entropy");
    choose = calls.symbol("hr_choose");
    chooseBytes = calls.symbol("hr_choose_bytes");
  }

  @Override
  public boolean chooses() {
    return true;
  }

  @Override
  public void choose(Choices choices) {
    if (scratchEntries < choices.entries()) {
      scratch = Arena.ofAuto().allocate(chooseBytes(choices.entries()), 64);
      scratchEntries = choices.entries();
    }
    int status;
    try {
      status =
          (int)
              Handles.CHOOSE.invokeExact(
                  choose, team, (long) choices.entries(), choices.size(), choices.list(), scratch);
    } catch (Throwable impossible) {
      throw NativeCalls.plainCall(impossible);
    }
    NativeCalls.check("hr_choose", status);
  }

  private long chooseBytes(int entries) {
    long bytes;
    try {
      bytes = (long) Handles.CHOOSE_BYTES.invokeExact(chooseBytes, team, (long) entries);
    } catch (Throwable impossible) {
      throw NativeCalls.plainCall(impossible);
    }
    if (bytes < 0) NativeCalls.check("hr_choose_bytes", (int) -bytes);
    return bytes;
  }

  @Override
  public void weigh(MemorySegment logits, float largest, float inverse, float least, RowWeights row) {
    if (logits.byteSize() < 4L * row.entries()) {
      throw new KernelFault("%d bytes are not %d logits".formatted(logits.byteSize(), row.entries()));
    }
    int status;
    try {
      status =
          (int)
              Handles.WEIGH.invokeExact(
                  weigh, team, logits, (long) row.entries(), largest, inverse, least, row.weights, row.sums);
    } catch (Throwable impossible) {
      throw NativeCalls.plainCall(impossible);
    }
    NativeCalls.check("hr_weigh", status);
    row.keepAll();
  }

  @Override
  public double entropy(MemorySegment logits, int entries, float largest) {
    if (logits.byteSize() < 4L * entries) {
      throw new KernelFault("%d bytes are not %d logits".formatted(logits.byteSize(), entries));
    }
    int status;
    try {
      status =
          (int) Handles.ENTROPY.invokeExact(entropy, team, logits, (long) entries, largest, sums);
    } catch (Throwable impossible) {
      throw NativeCalls.plainCall(impossible);
    }
    NativeCalls.check("hr_entropy", status);
    return Weigher.entropy(sums.getAtIndex(JAVA_LONG, 0), sums.getAtIndex(JAVA_LONG, 1));
  }

  @Override
  public void cut(RowWeights row, long needed) {
    int status;
    try {
      status =
          (int)
              Handles.CUT.invokeExact(
                  cut, team, row.weights, (long) row.entries(), needed, row.sums, row.scratch, row.cut);
    } catch (Throwable impossible) {
      throw NativeCalls.plainCall(impossible);
    }
    NativeCalls.check("hr_cut_nucleus", status);
  }
}
