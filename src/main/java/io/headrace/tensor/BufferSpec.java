package io.headrace.tensor;

/**
 * Rows of activations that operations of a program read and write.
 *
 * @param kind how values are held
 * @param rows capacity
 * @param width values of a row; a multiple of 32 for quantised kinds
 */
public record BufferSpec(Kind kind, int rows, long width) {
  /** How values are held. */
  public enum Kind {
    /** float32, row-major, readable between passes. */
    F32(0, 0),
    /** int8 with a scale per 32 values, layout private to the kernels. */
    Q8(1, 127),
    /** Two planes of int8 with a scale per 32 values: 128 times the levels of {@link #Q8}, the same law. */
    Q16(2, 127 * 128);

    private final int id;
    private final int levels;

    Kind(int id, int levels) {
      this.id = id;
      this.levels = levels;
    }

    /** The number in {@code kernels.h}. */
    int id() {
      return id;
    }

    /** Largest integer that a value is rounded to; 0 where nothing is rounded. */
    int levels() {
      return levels;
    }

    /** Whether values are rounded: what products of quantised weights read. */
    public boolean quantised() {
      return levels > 0;
    }
  }

  public BufferSpec {
    if (rows < 1 || width < 1 || (kind.quantised() && width % 32 != 0)) {
      throw new KernelFault("no %s buffer of %d rows of %d".formatted(kind, rows, width));
    }
  }
}
