package io.headrace.tensor;

import java.util.List;

/**
 * A program before it is opened. Construction checks every operation against the buffers, so kernels may rely on it.
 *
 * <p>Errors: {@link KernelFault} that names the operation by index and what does not fit.
 *
 * @param maxRows rows of a pass
 * @param maxWanted rows whose logits may be wanted, 0 and up
 * @param maxSequences sequences of a pass
 * @param heads query heads, a multiple of the pages' kvHeads and at most 16 times it
 * @param rope tables for the pages' head dimension
 * @param queryScale queries are multiplied by it
 * @param pages keys and values of all layers
 */
public record ProgramSpec(
    int maxRows,
    int maxWanted,
    int maxSequences,
    int heads,
    RopeTables rope,
    float queryScale,
    KvPages pages,
    List<BufferSpec> buffers,
    List<Op> ops) {

  public ProgramSpec {
    buffers = List.copyOf(buffers);
    ops = List.copyOf(ops);
    KvShape shape = pages.shape();
    if (maxRows < 1 || maxWanted < 0 || maxSequences < 1) {
      throw new KernelFault("a program needs room for at least one row and one sequence");
    }
    if (heads % shape.kvHeads() != 0 || heads < 1 || heads / shape.kvHeads() > 16) {
      throw new KernelFault(
          "%d query heads cannot share %d key/value heads".formatted(heads, shape.kvHeads()));
    }
    if (rope.cos().length != (long) rope.positions() * (shape.headDim() / 2)) {
      throw new KernelFault("rope tables are not for head dimension " + shape.headDim());
    }
    ProgramCheck check = new ProgramCheck(maxRows, maxWanted, heads, shape, buffers);
    for (int i = 0; i < ops.size(); i++) check.operation(i, ops.get(i));
  }
}
