package io.headrace.weights;

import io.headrace.tensor.QuantFormat;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * What a GGUF file says: header, metadata, tensor descriptions, then padding and tensor data.
 *
 * <pre>
 *   "GGUF" | u32 version | u64 tensors | u64 keys
 *   per key:    string name | u32 type | value
 *   per tensor: string name | u32 n | u64 dimension[n], innermost first | u32 weight type | u64 offset in the tensor data
 *   padding to general.alignment (32 when absent) | tensor data, each tensor at a multiple of the alignment
 * </pre>
 *
 * <p>Every number is checked before it is used: counts against the bytes that are left, products against overflow, ranges against
 * the end of the file and against each other.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">GGUF, file structure</a>
 */
record GgufLayout(Metadata metadata, TensorDirectory tensors) {
  private static final int MAX_KEYS = 65_536;
  private static final int MAX_TENSORS = 1 << 20;
  private static final int MAX_DIMENSIONS = 4;
  private static final long DEFAULT_ALIGNMENT = 32;

  /** A key of one byte with a value of one byte. */
  private static final long LEAST_KEY_BYTES = 8 + 1 + 4 + 1;

  /** A name of one byte and one dimension. */
  private static final long LEAST_TENSOR_BYTES = 8 + 1 + 4 + 8 + 4 + 8;

  /** Weight types that other programs write and this server does not compute with, named to help whoever meets one. */
  private static final Map<Long, String> FOREIGN_TYPES = Map.ofEntries(
      Map.entry(9L, "Q8_1"), Map.entry(10L, "Q2_K"), Map.entry(11L, "Q3_K"), Map.entry(15L, "Q8_K"),
      Map.entry(16L, "IQ2_XXS"), Map.entry(17L, "IQ2_XS"), Map.entry(18L, "IQ3_XXS"), Map.entry(19L, "IQ1_S"),
      Map.entry(20L, "IQ4_NL"), Map.entry(21L, "IQ3_S"), Map.entry(22L, "IQ2_S"), Map.entry(23L, "IQ4_XS"),
      Map.entry(24L, "I8"), Map.entry(25L, "I16"), Map.entry(26L, "I32"), Map.entry(27L, "I64"),
      Map.entry(28L, "F64"), Map.entry(29L, "IQ1_M"), Map.entry(34L, "TQ1_0"), Map.entry(35L, "TQ2_0"),
      Map.entry(39L, "MXFP4"));

  /** A tensor as described; {@code at} is where the description stands, {@code offset} counts from the start of the data. */
  private record Described(
      String name, QuantFormat format, long[] shape, long rows, long columns, long bytes, long offset, long at) {}

  /**
   * Reads and checks a whole file.
   *
   * @param bytes the file from its first byte
   * @param position where the version stands
   * @throws WeightFileException for anything malformed or unsupported
   */
  static GgufLayout read(Path file, MemorySegment bytes, long position) {
    GgufCursor in = new GgufCursor(file, bytes, position);
    checkVersion(in);
    int tensors = in.count("number of tensors", LEAST_TENSOR_BYTES, MAX_TENSORS);
    int keys = in.count("number of metadata keys", LEAST_KEY_BYTES, MAX_KEYS);
    Map<String, MetadataValue> values = new LinkedHashMap<>();
    for (int i = 0; i < keys; i++) readKey(in, values);
    Metadata metadata = new Metadata(file, values);
    refuseParts(metadata);
    long alignment = alignment(metadata);
    Map<String, Described> described = new LinkedHashMap<>();
    for (int i = 0; i < tensors; i++) {
      long at = in.position();
      Described tensor = readTensor(in, alignment);
      if (described.put(tensor.name(), tensor) != null) {
        throw in.fail(at, "tensor %s is described twice".formatted(tensor.name()));
      }
    }
    long dataStart = (in.position() + alignment - 1) / alignment * alignment;
    checkRanges(in, described.values().stream().toList(), dataStart, bytes.byteSize());
    Map<String, TensorInfo> byName = new LinkedHashMap<>();
    described.forEach((name, t) -> byName.put(name, new TensorInfo(
        name, t.format(), t.rows(), t.columns(), t.shape(), bytes.asSlice(dataStart + t.offset(), t.bytes()))));
    return new GgufLayout(metadata, new TensorDirectory(file, byName));
  }

  private static void checkVersion(GgufCursor in) {
    long at = in.position();
    int version = in.i32("version");
    int swapped = Integer.reverseBytes(version);
    if (version == 2 || version == 3) return;
    if (swapped == 2 || swapped == 3) {
      throw in.fail(at, "the file is big-endian (version %d); this server reads little-endian GGUF".formatted(swapped));
    }
    throw in.fail(at, "GGUF version %s; this server reads versions 2 and 3".formatted(Integer.toUnsignedString(version)));
  }

  private static void readKey(GgufCursor in, Map<String, MetadataValue> values) {
    long at = in.position();
    String key = in.string("name of a metadata key", GgufValues.NAME_BYTES);
    if (key.isEmpty()) throw in.fail(at, "a metadata key has an empty name");
    if (values.put(key, GgufValues.read(in, key)) != null) throw in.fail(at, "metadata key %s stands twice".formatted(key));
  }

  private static void refuseParts(Metadata metadata) {
    OptionalLong parts = metadata.findInteger("split.count");
    if (parts.isPresent() && parts.getAsLong() > 1) {
      throw new WeightFileException(metadata.file(),
          "one of %d parts of a split model (metadata key split.count); join them with `llama-gguf-split --merge FIRST-PART OUT`"
              .formatted(parts.getAsLong()) + " and open the result");
    }
  }

  private static long alignment(Metadata metadata) {
    long alignment = metadata.findInteger("general.alignment").orElse(DEFAULT_ALIGNMENT);
    if (alignment < 1 || alignment > 1 << 30 || Long.bitCount(alignment) != 1) {
      throw new WeightFileException(metadata.file(),
          "metadata key general.alignment is %d, expected a power of two up to 2^30".formatted(alignment));
    }
    return alignment;
  }

  private static Described readTensor(GgufCursor in, long alignment) {
    long at = in.position();
    String name = in.string("name of a tensor", GgufValues.NAME_BYTES);
    if (name.isEmpty()) throw in.fail(at, "a tensor has an empty name");
    String what = "tensor " + name;
    long dimensions = in.u32("number of dimensions of " + what);
    if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
      throw in.fail(at, "%s has %d dimensions, expected 1 to %d".formatted(what, dimensions, MAX_DIMENSIONS));
    }
    long[] shape = new long[(int) dimensions];
    for (int i = shape.length - 1; i >= 0; i--) {
      shape[i] = in.i64("a dimension of " + what);
      if (shape[i] < 1) {
        throw in.fail(at, "%s has a dimension of %s, expected 1 to 2^63 - 1".formatted(what, Long.toUnsignedString(shape[i])));
      }
    }
    long id = in.u32("weight type of " + what);
    QuantFormat format = id > Integer.MAX_VALUE ? null : QuantFormat.ofId((int) id);
    if (format == null) throw in.fail(at, unknownType(what, id));
    long columns = shape[shape.length - 1];
    if (columns % format.blockWeights() != 0) {
      throw in.fail(at, "%s has rows of %d weights, not a whole number of %s blocks of %d"
          .formatted(what, columns, format, format.blockWeights()));
    }
    long rows;
    long bytes;
    try {
      rows = Arrays.stream(shape).limit(shape.length - 1).reduce(1, Math::multiplyExact);
      bytes = Math.multiplyExact(rows, format.rowBytes(columns));
    } catch (ArithmeticException e) {
      throw in.fail(at, "%s has the shape %s, which takes more than 2^63 bytes".formatted(what, Arrays.toString(shape)));
    }
    long offset = in.i64("offset of " + what);
    if (offset < 0 || offset % alignment != 0) {
      throw in.fail(at, "%s lies at offset %s of the tensor data, not a multiple of the alignment %d"
          .formatted(what, Long.toUnsignedString(offset), alignment));
    }
    return new Described(name, format, shape, rows, columns, bytes, offset, at);
  }

  private static String unknownType(String what, long id) {
    String foreign = FOREIGN_TYPES.get(id);
    String supported = Arrays.stream(QuantFormat.values())
        .map(format -> "%s (%d)".formatted(format, format.id()))
        .collect(Collectors.joining(", "));
    return "%s has weight type %d%s, which is not supported; supported are %s"
        .formatted(what, id, foreign == null ? "" : " (" + foreign + ")", supported);
  }

  private static void checkRanges(GgufCursor in, List<Described> tensors, long dataStart, long fileBytes) {
    List<Described> ordered = new ArrayList<>(tensors);
    ordered.sort(Comparator.comparingLong(Described::offset));
    Described before = null;
    for (Described tensor : ordered) {
      if (tensor.offset() > fileBytes - dataStart || tensor.bytes() > fileBytes - dataStart - tensor.offset()) {
        throw in.fail(tensor.at(), "tensor %s takes %d bytes at offset %d of the tensor data, which starts at byte %d; the file"
            .formatted(tensor.name(), tensor.bytes(), tensor.offset(), dataStart)
            + " ends at byte %d; it is truncated or damaged".formatted(fileBytes));
      }
      if (before != null && before.offset() + before.bytes() > tensor.offset()) {
        throw in.fail(tensor.at(), "tensors %s and %s overlap".formatted(before.name(), tensor.name()));
      }
      before = tensor;
    }
  }
}
