package io.headrace.tensor;

import org.jspecify.annotations.Nullable;

/** Norm, rotation and scaling of queries and keys, and the writing of keys and values to their pages. */
final class JavaRope {
  private final ProgramSpec spec;
  private final JavaPages pages;
  private final int headDim;

  JavaRope(ProgramSpec spec, JavaPages pages) {
    this.spec = spec;
    this.pages = pages;
    this.headDim = pages.shape().headDim();
  }

  /** Row {@code row} of {@code qkv}, which starts at {@code at}, belongs to {@code sequence} of the batch. */
  void row(Op.Rope op, PassBatch batch, int sequence, int row, float[] qkv, int at) {
    int kvHeads = pages.shape().kvHeads();
    int position = batch.position(row);
    float[] head = new float[headDim];
    for (int h = 0; h < spec.heads(); h++) {
      int from = at + h * headDim;
      turned(qkv, from, op.queryNorm(), op.epsilon(), position, head);
      for (int d = 0; d < headDim; d++) qkv[from + d] = head[d] * spec.queryScale();
    }
    int slot = batch.slot(row);
    int block = batch.block(sequence, slot / Kernels.PAGE_TOKENS);
    int keys = at + spec.heads() * headDim;
    int values = keys + kvHeads * headDim;
    for (int h = 0; h < kvHeads; h++) {
      turned(qkv, keys + h * headDim, op.keyNorm(), op.epsilon(), position, head);
      pages.write(op.layer(), block, slot % Kernels.PAGE_TOKENS, h, head, qkv, values + h * headDim);
    }
  }

  /** Normed (where there is a weight) and rotated copy of {@code x[from .. from + headDim)} in {@code head}. */
  private void turned(
      float[] x, int from, float @Nullable [] norm, float epsilon, int position, float[] head) {
    System.arraycopy(x, from, head, 0, headDim);
    if (norm != null) {
      float inverse = JavaMath.inverseRms(head, 0, headDim, epsilon);
      for (int d = 0; d < headDim; d++) head[d] = (head[d] * inverse) * norm[d];
    }
    int half = headDim / 2;
    boolean interleaved = spec.rope().pairing() == RopeTables.Pairing.INTERLEAVED;
    int table = position * half;
    for (int i = 0; i < half; i++) {
      int first = interleaved ? 2 * i : i;
      int second = interleaved ? 2 * i + 1 : i + half;
      float cos = spec.rope().cos()[table + i];
      float sin = spec.rope().sin()[table + i];
      float x0 = head[first];
      float x1 = head[second];
      head[first] = Math.fma(-x1, sin, x0 * cos);
      head[second] = Math.fma(x0, sin, x1 * cos);
    }
  }
}
