package io.headrace.weights;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.tensor.QuantFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * One safetensors file.
 *
 * <pre>
 *   u64 n, little endian | n bytes of JSON | tensor data
 *   JSON: {"name": {"dtype": "BF16", "shape": [rows, columns], "data_offsets": [begin, end]}, ...,
 *          "__metadata__": {...}}
 * </pre>
 *
 * <p>Offsets count from the start of the tensor data.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">Safetensors, format</a>
 */
final class SafetensorsShard {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long LENGTH_BYTES = 8;

  /**
   * Far above real headers (some hundred bytes a tensor) and low enough to parse into memory
   * without thought.
   */
  private static final long MAX_HEADER_BYTES = 16L << 20;

  private static final int MAX_DIMENSIONS = 4;
  private static final Map<String, QuantFormat> FORMATS =
      Map.of("F32", QuantFormat.F32, "F16", QuantFormat.F16, "BF16", QuantFormat.BF16);

  private record Range(String name, long begin, long end) {}

  private final Path file;
  private final MemorySegment bytes;
  private final long dataStart;
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final List<Range> ranges = new ArrayList<>();

  private SafetensorsShard(Path file, MemorySegment bytes, long dataStart) {
    this.file = file;
    this.bytes = bytes;
    this.dataStart = dataStart;
  }

  /**
   * Reads and checks one file.
   *
   * @param wanted which tensors to take; of others only the name is read
   * @return the wanted tensors under the file's own names
   * @throws WeightFileException for anything malformed or unsupported
   */
  static Map<String, TensorInfo> read(Path file, MemorySegment bytes, Predicate<String> wanted) {
    if (bytes.byteSize() < LENGTH_BYTES) {
      throw new WeightFileException(
          file, 0, "%d bytes are too few for a safetensors file".formatted(bytes.byteSize()));
    }
    long length = bytes.get(LONG, 0);
    if (length < 2 || length > bytes.byteSize() - LENGTH_BYTES) {
      throw new WeightFileException(
          file,
          0,
          "the header claims %s bytes, but %d follow; truncated, or no safetensors file"
              .formatted(Long.toUnsignedString(length), bytes.byteSize() - LENGTH_BYTES));
    }
    if (length > MAX_HEADER_BYTES) {
      throw new WeightFileException(
          file, 0, "the header has %d bytes, more than %d".formatted(length, MAX_HEADER_BYTES));
    }
    byte[] json = bytes.asSlice(LENGTH_BYTES, length).toArray(ValueLayout.JAVA_BYTE);
    JsonDocument header = JsonDocument.parseStrictly(file, json, LENGTH_BYTES);
    SafetensorsShard shard = new SafetensorsShard(file, bytes, LENGTH_BYTES + length);
    header
        .node()
        .properties()
        .forEach(
            entry -> {
              String name = entry.getKey();
              if (!name.equals("__metadata__") && wanted.test(name)) shard.add(name, header);
            });
    shard.checkOverlaps();
    return shard.tensors;
  }

  private void add(String name, JsonDocument header) {
    if (name.isEmpty())
      throw new WeightFileException(file, LENGTH_BYTES, "a tensor has an empty name");
    JsonDocument entry =
        header.findObject(name).orElseThrow(() -> header.missing(name, "an object"));
    String dtype = entry.findString("dtype").orElseThrow(() -> entry.missing("dtype", "a string"));
    QuantFormat format = FORMATS.get(dtype);
    if (format == null) {
      throw new WeightFileException(
          file,
          LENGTH_BYTES,
          "tensor %s has dtype %s, which is not supported; supported are F32, F16, BF16"
              .formatted(name, dtype));
    }
    long[] shape = longs(entry, "shape");
    if (shape.length < 1
        || shape.length > MAX_DIMENSIONS
        || Arrays.stream(shape).anyMatch(dimension -> dimension < 1)) {
      throw new WeightFileException(
          file,
          LENGTH_BYTES,
          "tensor %s has the shape %s, expected 1 to %d dimensions of at least 1"
              .formatted(name, Arrays.toString(shape), MAX_DIMENSIONS));
    }
    long[] offsets = longs(entry, "data_offsets");
    long available = bytes.byteSize() - dataStart;
    if (offsets.length != 2 || offsets[0] > offsets[1] || offsets[1] > available) {
      throw new WeightFileException(
          file,
          LENGTH_BYTES,
          "tensor %s has data_offsets %s, expected begin and end within the tensor data; "
                  .formatted(name, Arrays.toString(offsets))
              + "%d bytes are there; truncated or damaged".formatted(available));
    }
    long columns = shape[shape.length - 1];
    long rows;
    long needed;
    try {
      rows = Arrays.stream(shape).limit(shape.length - 1).reduce(1, Math::multiplyExact);
      needed = Math.multiplyExact(rows, format.rowBytes(columns));
    } catch (ArithmeticException e) {
      throw new WeightFileException(
          file,
          LENGTH_BYTES,
          "tensor %s has the shape %s, which takes more than 2^63 bytes"
              .formatted(name, Arrays.toString(shape)));
    }
    if (needed != offsets[1] - offsets[0]) {
      throw new WeightFileException(
          file,
          LENGTH_BYTES,
          "tensor %s of %s %s needs %d bytes, but data_offsets %s span %d"
              .formatted(
                  name,
                  dtype,
                  Arrays.toString(shape),
                  needed,
                  Arrays.toString(offsets),
                  offsets[1] - offsets[0]));
    }
    tensors.put(
        name,
        new TensorInfo(
            name, format, rows, columns, shape, bytes.asSlice(dataStart + offsets[0], needed)));
    ranges.add(new Range(name, offsets[0], offsets[1]));
  }

  private static long[] longs(JsonDocument entry, String field) {
    JsonNode value =
        entry.find(field).orElseThrow(() -> entry.missing(field, "a list of integers"));
    if (!value.isArray()) throw entry.wrong(field, "a list of integers");
    long[] values = new long[value.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode element = value.get(i);
      if (!element.isIntegralNumber() || !element.canConvertToLong() || element.longValue() < 0) {
        throw entry.wrong(field, "a list of integers from 0 to 2^63 - 1");
      }
      values[i] = element.longValue();
    }
    return values;
  }

  private void checkOverlaps() {
    ranges.sort(Comparator.comparingLong(Range::begin));
    for (int i = 1; i < ranges.size(); i++) {
      if (ranges.get(i - 1).end() > ranges.get(i).begin()) {
        throw new WeightFileException(
            file,
            dataStart + ranges.get(i).begin(),
            "tensors %s and %s overlap".formatted(ranges.get(i - 1).name(), ranges.get(i).name()));
      }
    }
  }
}
