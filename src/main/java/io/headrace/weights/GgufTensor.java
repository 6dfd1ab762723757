package io.headrace.weights;

import io.headrace.tensor.QuantFormat;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A tensor as a GGUF file describes it: a shape and a weight type that fit each other. Whether its
 * bytes exist is for {@link GgufLayout} to say, which knows where the data start.
 *
 * @param shape outermost first; the file has it the other way round
 * @param rows product of all dimensions but the last
 * @param columns the last dimension
 * @param bytes what {@code rows} rows of {@code columns} weights take
 * @param offset from the start of the tensor data
 * @param at where the description stands in the file
 */
record GgufTensor(
    String name,
    QuantFormat format,
    long[] shape,
    long rows,
    long columns,
    long bytes,
    long offset,
    long at) {
  /** The shortest description has a name of one byte and one dimension. */
  static final long LEAST_BYTES = 8 + 1 + 4 + 8 + 4 + 8;

  private static final int MAX_DIMENSIONS = 4;

  /**
   * Weight types that other programs write and this server does not compute with, named to help
   * whoever meets one.
   */
  private static final Map<Long, String> FOREIGN_TYPES =
      Map.ofEntries(
          Map.entry(9L, "Q8_1"),
          Map.entry(10L, "Q2_K"),
          Map.entry(11L, "Q3_K"),
          Map.entry(15L, "Q8_K"),
          Map.entry(16L, "IQ2_XXS"),
          Map.entry(17L, "IQ2_XS"),
          Map.entry(18L, "IQ3_XXS"),
          Map.entry(19L, "IQ1_S"),
          Map.entry(20L, "IQ4_NL"),
          Map.entry(21L, "IQ3_S"),
          Map.entry(22L, "IQ2_S"),
          Map.entry(23L, "IQ4_XS"),
          Map.entry(24L, "I8"),
          Map.entry(25L, "I16"),
          Map.entry(26L, "I32"),
          Map.entry(27L, "I64"),
          Map.entry(28L, "F64"),
          Map.entry(29L, "IQ1_M"),
          Map.entry(34L, "TQ1_0"),
          Map.entry(35L, "TQ2_0"),
          Map.entry(39L, "MXFP4"));

  /**
   * Reads a description.
   *
   * @param alignment what the offset must be a multiple of
   * @throws WeightFileException if it is malformed, or the weight type is not supported
   */
  static GgufTensor read(GgufCursor in, long alignment) {
    long at = in.position();
    String name = in.name("name of a tensor");
    String what = "tensor " + name;
    long dimensions = in.u32("number of dimensions of " + what);
    if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
      throw in.fail(
          at, "%s has %d dimensions, expected 1 to %d".formatted(what, dimensions, MAX_DIMENSIONS));
    }
    long[] shape = new long[(int) dimensions];
    for (int i = shape.length - 1; i >= 0; i--) {
      shape[i] = in.i64("a dimension of " + what);
      if (shape[i] < 1) {
        throw in.fail(
            at,
            "%s has a dimension of %s, expected 1 to 2^63 - 1"
                .formatted(what, Long.toUnsignedString(shape[i])));
      }
    }
    long id = in.u32("weight type of " + what);
    QuantFormat format = id > Integer.MAX_VALUE ? null : QuantFormat.ofId((int) id);
    if (format == null) throw in.fail(at, unknownType(what, id));
    long columns = shape[shape.length - 1];
    if (columns % format.blockWeights() != 0) {
      throw in.fail(
          at,
          "%s has rows of %d weights, not a whole number of %s blocks of %d"
              .formatted(what, columns, format, format.blockWeights()));
    }
    long rows;
    long bytes;
    try {
      rows = Arrays.stream(shape).limit(shape.length - 1).reduce(1, Math::multiplyExact);
      bytes = Math.multiplyExact(rows, format.rowBytes(columns));
    } catch (ArithmeticException e) {
      throw in.fail(
          at,
          "%s has the shape %s, which takes more than 2^63 bytes"
              .formatted(what, Arrays.toString(shape)));
    }
    long offset = in.i64("offset of " + what);
    if (offset < 0 || offset % alignment != 0) {
      throw in.fail(
          at,
          "%s lies at offset %s of the tensor data, not a multiple of the alignment %d"
              .formatted(what, Long.toUnsignedString(offset), alignment));
    }
    return new GgufTensor(name, format, shape, rows, columns, bytes, offset, at);
  }

  private static String unknownType(String what, long id) {
    String foreign = FOREIGN_TYPES.get(id);
    String supported =
        Arrays.stream(QuantFormat.values())
            .map(format -> "%s (%d)".formatted(format, format.id()))
            .collect(Collectors.joining(", "));
    return "%s has weight type %d%s, which is not supported; supported are %s"
        .formatted(what, id, foreign == null ? "" : " (" + foreign + ")", supported);
  }
}
