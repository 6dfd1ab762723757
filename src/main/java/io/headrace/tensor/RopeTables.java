package io.headrace.tensor;

/**
 * Rotations of queries and keys by position.
 *
 * @param pairing which elements of a head rotate together
 * @param positions rows of the tables, the longest sequence
 * @param cos {@code [positions, headDim / 2]}
 * @param sin as {@code cos}
 */
public record RopeTables(Pairing pairing, int positions, float[] cos, float[] sin) {
  /** Which elements of a head rotate together. */
  public enum Pairing {
    /** (2i, 2i + 1) */
    INTERLEAVED,
    /** (i, i + headDim / 2) */
    HALVES
  }

  public RopeTables {
    if (positions < 1 || cos.length != sin.length || cos.length % positions != 0) {
      throw new KernelFault(
          "rope tables of %d and %d values do not fit %d positions"
              .formatted(cos.length, sin.length, positions));
    }
  }
}
