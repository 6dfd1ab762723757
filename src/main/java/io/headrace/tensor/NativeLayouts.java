package io.headrace.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes and reads the structs of {@code kernels.h}. Offsets follow the C rules for 64-bit machines; sizes are checked by tests. */
final class NativeLayouts {
  static final long MATRIX_BYTES = 32;
  static final long BUFFER_BYTES = 16;
  static final long OP_BYTES = 32 + 2 * MATRIX_BYTES + 16;
  static final long SHAPE_BYTES = 64;
  static final long TEAM_COUNTS_BYTES = 40;

  /** Operation kinds, buffer kinds and flags, as in the header. */
  private static final int WANTED = 2;

  private static final int ACCUMULATE = 1;

  private NativeLayouts() {}

  static MemorySegment shape(Arena arena, ProgramSpec spec) {
    KvShape kv = spec.pages().shape();
    RopeTables rope = spec.rope();
    MemorySegment shape = arena.allocate(SHAPE_BYTES, 8);
    int[] fields = {
      spec.maxRows(),
      spec.maxWanted(),
      spec.maxSequences(),
      kv.layers(),
      spec.heads(),
      kv.kvHeads(),
      kv.headDim(),
      rope.pairing() == RopeTables.Pairing.INTERLEAVED ? 0 : 1,
      rope.positions()
    };
    for (int i = 0; i < fields.length; i++) shape.setAtIndex(JAVA_INT, i, fields[i]);
    shape.set(JAVA_FLOAT, 36, spec.queryScale());
    shape.set(JAVA_LONG, 40, arena.allocateFrom(JAVA_FLOAT, rope.cos()).address());
    shape.set(JAVA_LONG, 48, arena.allocateFrom(JAVA_FLOAT, rope.sin()).address());
    shape.set(JAVA_INT, 56, kvFormat(kv.format()));
    return shape;
  }

  static ThreadUse threadUse(MemorySegment counts) {
    return new ThreadUse(
        counts.get(JAVA_INT, 0),
        counts.get(JAVA_INT, 4),
        counts.get(JAVA_LONG, 16),
        counts.get(JAVA_LONG, 24),
        counts.get(JAVA_LONG, 32));
  }

  /** The number of a format in the header. */
  static int kvFormat(KvFormat format) {
    return switch (format) {
      case F16 -> 0;
      case BF16 -> 1;
      case F32 -> throw new KernelFault("the native kernels have no f32 pages");
    };
  }

  static MemorySegment buffers(Arena arena, List<BufferSpec> specs) {
    MemorySegment all = arena.allocate(BUFFER_BYTES * Math.max(1, specs.size()), 8);
    for (int i = 0; i < specs.size(); i++) {
      BufferSpec spec = specs.get(i);
      all.set(JAVA_INT, BUFFER_BYTES * i, spec.kind().id());
      all.set(JAVA_INT, BUFFER_BYTES * i + 4, spec.rows());
      all.set(JAVA_LONG, BUFFER_BYTES * i + 8, spec.width());
    }
    return all;
  }

  static MemorySegment ops(Arena arena, List<Op> ops) {
    MemorySegment all = arena.allocate(OP_BYTES * Math.max(1, ops.size()), 8);
    for (int i = 0; i < ops.size(); i++) {
      new Writer(arena, all.asSlice(OP_BYTES * i, OP_BYTES)).write(ops.get(i));
    }
    return all;
  }

  /** Writes one {@code hr_op}. */
  private record Writer(Arena arena, MemorySegment op) {
    void write(Op any) {
      switch (any) {
        case Op.Embed o -> {
          head(1, -1, o.target(), 0, 0, 0, 0f);
          matrix(32, o.matrix());
        }
        case Op.Norm o -> {
          head(2, o.source(), o.target(), 0, 0, flags(false, o.wanted()), o.epsilon());
          vector(96, o.weight());
        }
        case Op.Convert o -> head(3, o.source(), o.target(), 0, 0, flags(false, o.wanted()), 0f);
        case Op.Matmul o -> {
          head(4, o.source(), o.target(), 0, o.offset(), flags(o.accumulate(), o.wanted()), 0f);
          matrix(32, o.matrix());
          vector(96, o.bias());
        }
        case Op.Gated o -> {
          head(5, o.source(), o.target(), 0, 0, 0, 0f);
          matrix(32, o.gate());
          matrix(64, o.up());
        }
        case Op.Rope o -> {
          head(6, o.source(), -1, o.layer(), 0, 0, o.epsilon());
          vector(96, o.queryNorm());
          vector(104, o.keyNorm());
        }
        case Op.Attend o -> head(7, o.source(), o.target(), o.layer(), 0, 0, 0f);
        case Op.Copy o -> head(8, o.source(), o.target(), 0, 0, 0, 0f);
        case Op.Gather o -> head(9, o.source(), o.target(), 0, 0, 0, 0f);
        case Op.Peaks o -> head(10, o.source(), o.target(), 0, 0, flags(false, o.wanted()), 0f);
        case Op.Argmax o -> head(12, o.source(), o.target(), 0, 0, flags(false, o.wanted()), 0f);
        case Op.Silu o -> head(11, o.source(), o.target(), 0, 0, flags(false, o.wanted()), 0f);
      }
    }

    private static int flags(boolean accumulate, boolean wanted) {
      return (accumulate ? ACCUMULATE : 0) | (wanted ? WANTED : 0);
    }

    private void head(
        int kind, int source, int target, int layer, int offset, int flags, float scalar) {
      int[] fields = {kind, source, target, layer, offset, flags};
      for (int i = 0; i < fields.length; i++) op.setAtIndex(JAVA_INT, i, fields[i]);
      op.set(JAVA_FLOAT, 24, scalar);
    }

    private void matrix(long at, Matrix any) {
      NativeMatrix matrix = (NativeMatrix) any;
      op.set(JAVA_INT, at, matrix.format().id());
      op.set(JAVA_LONG, at + 8, matrix.rows());
      op.set(JAVA_LONG, at + 16, matrix.columns());
      op.set(JAVA_LONG, at + 24, matrix.packed().address());
    }

    private void vector(long at, float @Nullable [] values) {
      if (values != null) op.set(JAVA_LONG, at, arena.allocateFrom(JAVA_FLOAT, values).address());
    }
  }
}
