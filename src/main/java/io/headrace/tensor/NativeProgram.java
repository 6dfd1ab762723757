package io.headrace.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A program that the native team walks. */
final class NativeProgram implements Program {
  private final NativeCalls calls;
  private final ProgramSpec spec;
  private final MemorySegment program;
  private final @Nullable MemorySegment[] buffers;
  private boolean closed;

  NativeProgram(NativeCalls calls, MemorySegment team, ProgramSpec spec) {
    this.calls = calls;
    this.spec = spec;
    program = calls.programOpen(team, spec, ((NativePages) spec.pages()).memory());
    buffers = new MemorySegment[spec.buffers().size()];
    for (int i = 0; i < buffers.length; i++) {
      BufferSpec buffer = spec.buffers().get(i);
      buffers[i] = calls.programBuffer(program, i, 4 * buffer.rows() * buffer.width());
    }
  }

  @Override
  public ProgramSpec spec() {
    return spec;
  }

  @Override
  public void run(PassBatch batch, int firstOp, int endOp) {
    Objects.checkFromToIndex(firstOp, endOp, spec.ops().size());
    if (closed) throw new KernelFault("the program is closed");
    calls.pass(program, batch.struct(), firstOp, endOp);
  }

  @Override
  public void run(PassBatch batch, int firstOp, int endOp, Runnable meanwhile) {
    Objects.checkFromToIndex(firstOp, endOp, spec.ops().size());
    if (closed) throw new KernelFault("the program is closed");
    MemorySegment rows = batch.struct();
    calls.passBegin(program, rows, firstOp, endOp);
    try {
      meanwhile.run();
    } finally {
      calls.passEnd(program);
      Reference.reachabilityFence(rows);
    }
  }

  @Override
  public MemorySegment buffer(int index) {
    if (closed) throw new KernelFault("the program is closed");
    return Objects.requireNonNull(buffers[index], "the buffer holds no floats");
  }

  @Override
  public void close() {
    if (closed) return;
    closed = true;
    calls.programClose(program);
  }
}
