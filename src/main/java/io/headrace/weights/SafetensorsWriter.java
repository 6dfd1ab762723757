package io.headrace.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.tensor.QuantFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes tensors into one safetensors file, in the order they were added. Calls chain.
 *
 * <p>Values are given in float32 and rounded to nearest, ties to even. Tensor data starts at a
 * multiple of 8 bytes. The file appears under its name when it is complete.
 *
 * <p>Thread: one. Values are not copied until {@link #write}.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">Safetensors, format</a>
 */
public final class SafetensorsWriter {
  private static final int CHUNK = 1 << 16;
  private static final Map<QuantFormat, String> DTYPES =
      Map.of(QuantFormat.F32, "F32", QuantFormat.F16, "F16", QuantFormat.BF16, "BF16");

  private record Tensor(String name, QuantFormat format, long[] shape, float[] values) {}

  private final List<Tensor> tensors = new ArrayList<>();
  private final Map<String, String> notes = new LinkedHashMap<>();

  /**
   * Adds a tensor.
   *
   * @param format F32, F16 or BF16
   * @param shape outermost dimension first, each at least 1
   * @param values row-major, as many as {@code shape} has elements
   * @throws IllegalArgumentException for another format, a wrong count, or a name that is there
   *     already
   */
  public SafetensorsWriter add(String name, QuantFormat format, long[] shape, float[] values) {
    if (!DTYPES.containsKey(format)) {
      throw new IllegalArgumentException(
          "tensor %s: %s cannot be written; F32, F16 and BF16 can".formatted(name, format));
    }
    long elements = 1;
    for (long dimension : shape) elements = Math.multiplyExact(elements, dimension);
    if (shape.length == 0 || elements != values.length || elements == 0) {
      throw new IllegalArgumentException(
          "tensor %s has %d values, but its shape asks for %d"
              .formatted(name, values.length, elements));
    }
    if (tensors.stream().anyMatch(tensor -> tensor.name.equals(name))) {
      throw new IllegalArgumentException("tensor %s is there already".formatted(name));
    }
    tensors.add(new Tensor(name, format, shape.clone(), values));
    return this;
  }

  /** Adds an entry to the header's metadata, for people and other programs. */
  public SafetensorsWriter note(String key, String value) {
    notes.put(key, value);
    return this;
  }

  /** Writes the file, or replaces it. */
  public void write(Path file) throws IOException {
    byte[] header = header();
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (FileChannel out =
        FileChannel.open(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer buffer =
          ByteBuffer.allocate(Math.max(CHUNK, Long.BYTES + header.length))
              .order(ByteOrder.LITTLE_ENDIAN);
      drain(buffer.putLong(header.length).put(header), out);
      for (Tensor tensor : tensors) write(tensor, buffer, out);
    }
    Files.move(
        part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void write(Tensor tensor, ByteBuffer buffer, FileChannel out) throws IOException {
    for (float value : tensor.values) {
      if (buffer.remaining() < Float.BYTES) drain(buffer, out);
      switch (tensor.format) {
        case F32 -> buffer.putFloat(value);
        case F16 -> buffer.putShort(Float.floatToFloat16(value));
        default -> buffer.putShort(brainFloat(value));
      }
    }
    drain(buffer, out);
  }

  private static void drain(ByteBuffer buffer, FileChannel out) throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) out.write(buffer);
    buffer.clear();
  }

  /** The upper half of a float32, rounded to nearest, ties to even. */
  private static short brainFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) return (short) (bits >>> 16 | 0x40);
    return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
  }

  private byte[] header() throws IOException {
    Map<String, Object> header = new LinkedHashMap<>();
    if (!notes.isEmpty()) header.put("__metadata__", notes);
    long at = 0;
    for (Tensor tensor : tensors) {
      long end = at + tensor.format.rowBytes(tensor.values.length);
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("dtype", DTYPES.get(tensor.format));
      entry.put("shape", tensor.shape);
      entry.put("data_offsets", new long[] {at, end});
      header.put(tensor.name, entry);
      at = end;
    }
    String json = new ObjectMapper().writeValueAsString(header);
    int bytes = json.getBytes(StandardCharsets.UTF_8).length;
    return (json + " ".repeat((8 - bytes % 8) % 8)).getBytes(StandardCharsets.UTF_8);
  }
}
