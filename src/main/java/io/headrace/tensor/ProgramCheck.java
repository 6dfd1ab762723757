package io.headrace.tensor;

import io.headrace.tensor.BufferSpec.Kind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether the operations of a program fit its buffers. The first misfit is a {@link KernelFault} that names the operation. */
final class ProgramCheck {
  private final int maxRows;
  private final int maxWanted;
  private final KvShape shape;
  private final List<BufferSpec> buffers;
  private final long queryWidth;
  private final long headsWidth;
  private @Nullable Op operation;
  private int number;

  ProgramCheck(int maxRows, int maxWanted, int heads, KvShape shape, List<BufferSpec> buffers) {
    this.maxRows = maxRows;
    this.maxWanted = maxWanted;
    this.shape = shape;
    this.buffers = buffers;
    this.queryWidth = (long) heads * shape.headDim();
    this.headsWidth = (heads + 2L * shape.kvHeads()) * shape.headDim();
  }

  void operation(int index, Op op) {
    operation = op;
    number = index;
    switch (op) {
      case Op.Embed e -> floats(e.target(), e.matrix().columns(), maxRows);
      case Op.Norm n -> {
        require(n.weight().length % 16 == 0, "width is not a multiple of 16");
        floats(n.source(), n.weight().length, rows(n.wanted()));
        buffer(n.target(), n.weight().length, rows(n.wanted()));
      }
      case Op.Convert c -> {
        floats(c.source(), width(c.target()), rows(c.wanted()));
        buffer(c.target(), width(c.source()), rows(c.wanted()));
      }
      case Op.Matmul m -> {
        input(m.source(), m.matrix(), rows(m.wanted()));
        floats(m.target(), width(m.target()), rows(m.wanted()));
        require(m.bias() == null || m.bias().length == m.matrix().rows(), "bias has another length");
        long outputs = m.matrix().rows();
        long target = width(m.target());
        require(m.offset() >= 0 && m.offset() + outputs <= target, "%d outputs at %d leave the target of %d", outputs, m.offset(), target);
      }
      case Op.Gated g -> {
        input(g.source(), g.gate(), maxRows);
        input(g.source(), g.up(), maxRows);
        require(g.gate().rows() == g.up().rows(), "gate and up have different rows");
        buffer(g.target(), g.gate().rows(), maxRows);
      }
      case Op.Silu s -> {
        require(width(s.source()) % 16 == 0, "width is not a multiple of 16");
        floats(s.source(), width(s.target()), rows(s.wanted()));
        buffer(s.target(), width(s.source()), rows(s.wanted()));
      }
      case Op.Rope r -> {
        layer(r.layer());
        floats(r.source(), headsWidth, maxRows);
        headNorm(r.queryNorm());
        headNorm(r.keyNorm());
      }
      case Op.Attend a -> {
        layer(a.layer());
        floats(a.source(), headsWidth, maxRows);
        floats(a.target(), queryWidth, maxRows);
      }
      case Op.Copy c -> {
        floats(c.source(), width(c.target()), maxRows);
        floats(c.target(), width(c.source()), maxRows);
      }
      case Op.Gather g -> {
        floats(g.source(), width(g.target()), maxRows);
        floats(g.target(), width(g.source()), maxWanted);
      }
      case Op.Peaks p -> {
        floats(p.source(), width(p.source()), rows(p.wanted()));
        long spans = (width(p.source()) + Kernels.PEAK_SPAN - 1) / Kernels.PEAK_SPAN;
        floats(p.target(), spans, rows(p.wanted()));
      }
      case Op.Argmax a -> {
        require(width(a.source()) <= Op.Argmax.MOST_INDEXED, "buffer %d is too wide to find a place in", a.source());
        floats(a.source(), width(a.source()), rows(a.wanted()));
        floats(a.target(), 1, rows(a.wanted()));
      }
    }
  }

  /** The words are put together only for a misfit: a program has hundreds of operations. */
  private void require(boolean holds, String otherwise, Object... facts) {
    if (holds) return;
    String kind = operation == null ? "" : operation.getClass().getSimpleName();
    throw new KernelFault("operation %d (%s): ".formatted(number, kind) + otherwise.formatted(facts));
  }

  private int rows(boolean wanted) {
    return wanted ? maxWanted : maxRows;
  }

  private long width(int index) {
    require(index >= 0 && index < buffers.size(), "there is no buffer %d", index);
    return buffers.get(index).width();
  }

  private void buffer(int index, long width, int rows) {
    require(width(index) == width, "buffer %d is %d wide, not %d", index, width(index), width);
    require(buffers.get(index).rows() >= rows, "buffer %d holds fewer than %d rows", index, rows);
  }

  private void floats(int index, long width, int rows) {
    buffer(index, width, rows);
    require(buffers.get(index).kind() == Kind.F32, "buffer %d is not float32", index);
  }

  private void input(int index, Matrix matrix, int rows) {
    buffer(index, matrix.columns(), rows);
    boolean quantised = matrix.format().quantisesActivations();
    require(
        buffers.get(index).kind().quantised() == quantised,
        "a %s matrix takes its input from a %s buffer",
        matrix.format(),
        quantised ? "quantised" : "F32");
  }

  private void layer(int layer) {
    require(layer >= 0 && layer < shape.layers(), "there is no layer %d", layer);
  }

  private void headNorm(float @Nullable [] norm) {
    require(norm == null || norm.length == shape.headDim(), "a head norm has another length");
  }
}
