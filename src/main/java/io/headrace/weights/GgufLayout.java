package io.headrace.weights;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What a GGUF file says: header, metadata, tensor descriptions, then padding and tensor data.
 *
 * <pre>
 *   "GGUF" | u32 version | u64 tensors | u64 keys
 *   per key:    string name | u32 type | value
 *   per tensor: string name | u32 n | u64 dimension[n] | u32 weight type | u64 offset in the data
 *   padding to general.alignment (32 when absent)
 *   tensor data, each tensor at a multiple of the alignment
 * </pre>
 *
 * <p>Every number is checked before it is used: counts against the bytes that are left, products
 * against overflow, ranges against the end of the file and against each other.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">GGUF, file structure</a>
 */
record GgufLayout(Metadata metadata, TensorDirectory tensors) {
  private static final int MAX_KEYS = 65_536;
  private static final int MAX_TENSORS = 1 << 20;
  private static final long DEFAULT_ALIGNMENT = 32;

  /** A key of one byte with a value of one byte. */
  private static final long LEAST_KEY_BYTES = 8 + 1 + 4 + 1;

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
    int tensors = in.count("number of tensors", GgufTensor.LEAST_BYTES, MAX_TENSORS);
    int keys = in.count("number of metadata keys", LEAST_KEY_BYTES, MAX_KEYS);
    Map<String, MetadataValue> values = new LinkedHashMap<>();
    for (int i = 0; i < keys; i++) readKey(in, values);
    Metadata metadata = new Metadata(file, values);
    refuseParts(metadata);
    long alignment = alignment(metadata);
    Map<String, GgufTensor> described = new LinkedHashMap<>();
    for (int i = 0; i < tensors; i++) {
      long at = in.position();
      GgufTensor tensor = GgufTensor.read(in, alignment);
      if (described.put(tensor.name(), tensor) != null) {
        throw in.fail(at, "tensor %s is described twice".formatted(tensor.name()));
      }
    }
    long dataStart = (in.position() + alignment - 1) / alignment * alignment;
    checkRanges(in, described.values().stream().toList(), dataStart, bytes.byteSize());
    Map<String, TensorInfo> byName = new LinkedHashMap<>();
    described.forEach(
        (name, t) ->
            byName.put(
                name,
                new TensorInfo(
                    name,
                    t.format(),
                    t.rows(),
                    t.columns(),
                    t.shape(),
                    bytes.asSlice(dataStart + t.offset(), t.bytes()))));
    return new GgufLayout(metadata, new TensorDirectory(file, byName));
  }

  private static void checkVersion(GgufCursor in) {
    long at = in.position();
    int version = in.i32("version");
    int swapped = Integer.reverseBytes(version);
    if (version == 2 || version == 3) return;
    if (swapped == 2 || swapped == 3) {
      throw in.fail(
          at,
          "the file is big-endian (version %d); this server reads little-endian GGUF"
              .formatted(swapped));
    }
    throw in.fail(
        at,
        "GGUF version %s; this server reads versions 2 and 3"
            .formatted(Integer.toUnsignedString(version)));
  }

  private static void readKey(GgufCursor in, Map<String, MetadataValue> values) {
    long at = in.position();
    String key = in.name("name of a metadata key");
    if (values.put(key, GgufValues.read(in, key)) != null)
      throw in.fail(at, "metadata key %s stands twice".formatted(key));
  }

  private static void refuseParts(Metadata metadata) {
    OptionalLong parts = metadata.findInteger("split.count");
    if (parts.isPresent() && parts.getAsLong() > 1) {
      throw new WeightFileException(
          metadata.file(),
          "one of %d parts of a split model (metadata key split.count); "
                  .formatted(parts.getAsLong())
              + "join them with `llama-gguf-split --merge FIRST-PART OUT` and open the result");
    }
  }

  private static long alignment(Metadata metadata) {
    long alignment = metadata.findInteger("general.alignment").orElse(DEFAULT_ALIGNMENT);
    if (alignment < 1 || alignment > 1 << 30 || Long.bitCount(alignment) != 1) {
      throw new WeightFileException(
          metadata.file(),
          "metadata key general.alignment is %d, expected a power of two up to 2^30"
              .formatted(alignment));
    }
    return alignment;
  }

  private static void checkRanges(
      GgufCursor in, List<GgufTensor> tensors, long dataStart, long fileBytes) {
    List<GgufTensor> ordered = new ArrayList<>(tensors);
    ordered.sort(Comparator.comparingLong(GgufTensor::offset));
    GgufTensor before = null;
    for (GgufTensor tensor : ordered) {
      if (tensor.offset() > fileBytes - dataStart
          || tensor.bytes() > fileBytes - dataStart - tensor.offset()) {
        throw in.fail(
            tensor.at(),
            "tensor %s takes %d bytes at offset %d of the tensor data, which starts at byte %d; "
                    .formatted(tensor.name(), tensor.bytes(), tensor.offset(), dataStart)
                + "the file ends at byte %d; it is truncated or damaged".formatted(fileBytes));
      }
      if (before != null && before.offset() + before.bytes() > tensor.offset()) {
        throw in.fail(
            tensor.at(), "tensors %s and %s overlap".formatted(before.name(), tensor.name()));
      }
      before = tensor;
    }
  }
}
