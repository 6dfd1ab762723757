package io.headrace.tensor;

import org.jspecify.annotations.Nullable;

/**
 * One step of a program. Buffers are named by their index in {@link ProgramSpec#buffers()}. What each computes, to the bit, is the
 * arithmetic law at the head of {@code kernels.h}; the names here are those there.
 *
 * <p>"Rows" are the rows of the batch, or where {@code wanted} is true the rows gathered by the {@link Gather} before.
 */
public sealed interface Op {
  /** target[r] = row token[r] of the matrix, float32. */
  record Embed(Matrix matrix, int target) implements Op {}

  /** target[r] = rms_norm(source[r]) * weight; rounded if the target is quantised. */
  record Norm(int source, int target, float[] weight, float epsilon, boolean wanted) implements Op {}

  /** target[r] = source[r], rounded if the target is quantised. */
  record Convert(int source, int target, boolean wanted) implements Op {}

  /**
   * target[r][offset ..] = matrix * source[r] (+ bias), or added to what is there if {@code accumulate}. The source is quantised
   * for quantised formats and float32 for float formats.
   */
  record Matmul(
      int source,
      int target,
      int offset,
      Matrix matrix,
      float @Nullable [] bias,
      boolean accumulate,
      boolean wanted)
      implements Op {}

  /** target[r] = silu(gate * source[r]) * (up * source[r]); rounded if the target is quantised. */
  record Gated(int source, int target, Matrix gate, Matrix up) implements Op {}

  /** target[r] = silu(source[r]); rounded if the target is quantised. */
  record Silu(int source, int target, boolean wanted) implements Op {}

  /**
   * Source rows are {@code [heads queries | kvHeads keys | kvHeads values] x headDim}: norm of each query and key head where a weight
   * is given, rotation, scaling of queries in place; keys and values go to the pages of {@code layer}.
   */
  record Rope(
      int source, int layer, float @Nullable [] queryNorm, float @Nullable [] keyNorm, float epsilon)
      implements Op {}

  /** target[r], {@code heads x headDim}, = attention of the queries in source[r] over the pages of {@code layer}. */
  record Attend(int source, int target, int layer) implements Op {}

  /** target[r] = source[r], float32: a tap for hidden states. */
  record Copy(int source, int target) implements Op {}

  /** target[i] = source[wanted row i], float32. */
  record Gather(int source, int target) implements Op {}

  /**
   * target[r][s] = the largest of the {@link Kernels#PEAK_SPAN} values from source[r][PEAK_SPAN * s] on, or of what is left of them,
   * a zero as +0; a NaN where one of them is no finite number.
   */
  record Peaks(int source, int target, boolean wanted) implements Op {}

  /**
   * target[r][0] = index of the first of the largest of source[r], which is {@link #MOST_INDEXED} wide at most; -1 where one of them is
   * no finite number.
   */
  record Argmax(int source, int target, boolean wanted) implements Op {
    /** Whole numbers that a float32 holds. */
    public static final int MOST_INDEXED = 1 << 24;
  }
}
