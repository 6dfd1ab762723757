package io.headrace.tensor;

import java.lang.foreign.MemorySegment;

/** Key/value pages in native memory. */
final class NativePages implements KvPages {
  private final NativeCalls calls;
  private final KvShape shape;
  private final MemorySegment memory;
  private boolean closed;

  NativePages(NativeCalls calls, KvShape shape) {
    this.calls = calls;
    this.shape = shape;
    if (shape.format() == KvFormat.F32) {
      throw new KernelFault("the native kernels keep keys and values in f16 or bf16");
    }
    long bytes = calls.pagesBytes(shape);
    if (bytes <= 0) throw new KernelFault("no pages of shape " + shape);
    memory = calls.memoryMap(bytes);
  }

  MemorySegment memory() {
    if (closed) throw new KernelFault("the pages are closed");
    return memory;
  }

  @Override
  public KvShape shape() {
    return shape;
  }

  @Override
  public void move(int[] table, int blocks, int[] from, int[] to, int count) {
    MoveCheck.check(shape, table, blocks, from, to, count);
    calls.pagesMove(memory(), shape, table, blocks, from, to, count);
  }

  @Override
  public void close() {
    if (closed) return;
    closed = true;
    calls.memoryUnmap(memory);
  }
}
