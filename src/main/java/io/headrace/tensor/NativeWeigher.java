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
  /** Each takes a dozen milliseconds to make, and a request that draws from few tokens, or is greedy, needs neither. */
  private static final class Weigh {
    static final MethodHandle CALL =
        NativeCalls.handle(FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_FLOAT, JAVA_FLOAT, JAVA_FLOAT, ADDRESS, ADDRESS));
  }

  private static final class Entropy {
    static final MethodHandle CALL = NativeCalls.handle(FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_FLOAT, ADDRESS));
  }

  private final NativeCalls calls;
  private final MemorySegment team;
  private final MemorySegment weigh;
  private final MemorySegment entropy;
  private final MemorySegment sums = Arena.ofAuto().allocate(16, 8);

  /** What choices work in, for rows of up to {@link #scratchEntries}. */
  private MemorySegment scratch = MemorySegment.NULL;

  private int scratchEntries;

  NativeWeigher(NativeCalls calls, MemorySegment team) {
    this.calls = calls;
    this.team = team;
    weigh = calls.symbol("hr_weigh");
    entropy = calls.symbol("hr_entropy");
  }

  @Override
  public boolean chooses() {
    return true;
  }

  @Override
  public void choose(Choices choices) {
    if (scratchEntries < choices.entries()) {
      scratch = Arena.ofAuto().allocate(calls.chooseBytes(team, choices.entries()), 64);
      scratchEntries = choices.entries();
    }
    calls.choose(team, choices, scratch);
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
              Weigh.CALL.invokeExact(
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
          (int) Entropy.CALL.invokeExact(entropy, team, logits, (long) entries, largest, sums);
    } catch (Throwable impossible) {
      throw NativeCalls.plainCall(impossible);
    }
    NativeCalls.check("hr_entropy", status);
    return Weigher.entropy(sums.getAtIndex(JAVA_LONG, 0), sums.getAtIndex(JAVA_LONG, 1));
  }

  @Override
  public void cut(RowWeights row, long needed) {
    calls.cutNucleus(team, row, needed);
  }
}
