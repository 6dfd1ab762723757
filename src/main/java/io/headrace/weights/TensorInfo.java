package io.headrace.weights;

import io.headrace.tensor.QuantFormat;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * One tensor of an open file: a row-major matrix of {@code rows} outputs by {@code columns} inputs,
 * or a vector, which has one row.
 *
 * @param name GGUF's name, such as {@code blk.0.attn_q.weight}
 * @param format how its weights are stored
 * @param rows product of all dimensions but the innermost, at least 1
 * @param columns innermost dimension, a whole number of the format's blocks, at least 1
 * @param shape dimensions, outermost first (GGUF files store them the other way round); 1 to 4 of
 *     them, each at least 1
 * @param data exactly {@code rows * format.rowBytes(columns)} bytes, read-only, valid until the
 *     file is closed
 */
public record TensorInfo(
    String name, QuantFormat format, long rows, long columns, long[] shape, MemorySegment data) {

  public TensorInfo {
    shape = shape.clone();
    if (rows < 1
        || columns < 1
        || data.byteSize() != Math.multiplyExact(rows, format.rowBytes(columns))) {
      throw new IllegalArgumentException(
          "tensor %s: %d x %d %s in %d bytes"
              .formatted(name, rows, columns, format, data.byteSize()));
    }
  }

  /** A copy of the dimensions, outermost first. */
  @Override
  public long[] shape() {
    return shape.clone();
  }

  /** Same name, format, shape and memory; weights are not compared. */
  @Override
  public boolean equals(Object other) {
    return other instanceof TensorInfo that
        && name.equals(that.name)
        && format == that.format
        && Arrays.equals(shape, that.shape)
        && data.equals(that.data);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return "%s %s %s".formatted(name, format, Arrays.toString(shape));
  }
}
