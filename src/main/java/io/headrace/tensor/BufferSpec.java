package io.headrace.tensor;

/**
 * Rows of activations that operations of a program read and write.
 *
 * @param kind how values are held
 * @param rows capacity
 * @param width values of a row; a multiple of 32 for {@link Kind#Q8}
 */
public record BufferSpec(Kind kind, int rows, long width) {
  /** How values are held. */
  public enum Kind {
    /** float32, row-major, readable between passes. */
    F32,
    /** int8 with a scale per 32 values, layout private to the kernels. */
    Q8
  }

  public BufferSpec {
    if (rows < 1 || width < 1 || (kind == Kind.Q8 && width % 32 != 0)) {
      throw new KernelFault("no %s buffer of %d rows of %d".formatted(kind, rows, width));
    }
  }
}
