package io.headrace.testing;

import io.headrace.tensor.QuantFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Builds small GGUF files for tests, right ones and wrong ones: nothing is checked, and keys and
 * tensors are written in the order they were added. Calls chain.
 */
public final class GgufWriter {
  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int FLOAT32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;
  private static final int UINT64 = 10;

  private record Tensor(String name, int type, long[] shape, long offset, byte[] data) {}

  private final List<byte[]> keys = new ArrayList<>();
  private final List<Tensor> tensors = new ArrayList<>();
  private final int alignment;
  private int version = 3;
  private long nextOffset;

  /** A file with the default alignment of 32 bytes. */
  public GgufWriter() {
    this(32);
  }

  /**
   * A file whose tensors are aligned to {@code alignment} bytes; other values than 32 also need the
   * key general.alignment.
   */
  public GgufWriter(int alignment) {
    this.alignment = alignment;
  }

  /** Sets the version in the header; 3 unless set. */
  public GgufWriter version(int number) {
    version = number;
    return this;
  }

  /** Adds a string. */
  public GgufWriter string(String key, String value) {
    return raw(key, STRING, bytesOf(value));
  }

  /** Adds a 32-bit unsigned integer, the usual type of a model's dimensions. */
  public GgufWriter uint32(String key, long value) {
    return raw(key, UINT32, little(4).putInt((int) value).array());
  }

  /** Adds a 64-bit unsigned integer. */
  public GgufWriter uint64(String key, long value) {
    return raw(key, UINT64, little(8).putLong(value).array());
  }

  /** Adds a 32-bit float. */
  public GgufWriter float32(String key, float value) {
    return raw(key, FLOAT32, little(4).putFloat(value).array());
  }

  /** Adds a boolean. */
  public GgufWriter bool(String key, boolean value) {
    return raw(key, BOOL, new byte[] {(byte) (value ? 1 : 0)});
  }

  /** Adds a list of strings. */
  public GgufWriter strings(String key, List<String> values) {
    return raw(
        key,
        ARRAY,
        listOf(
            STRING,
            values.size(),
            values.stream().map(GgufWriter::bytesOf).toArray(byte[][]::new)));
  }

  /** Adds a list of 32-bit integers. */
  public GgufWriter int32s(String key, int... values) {
    ByteBuffer entries = little(4 * values.length);
    for (int value : values) entries.putInt(value);
    return raw(key, ARRAY, listOf(INT32, values.length, entries.array()));
  }

  /** Adds a list of 32-bit floats. */
  public GgufWriter float32s(String key, float... values) {
    ByteBuffer entries = little(4 * values.length);
    for (float value : values) entries.putFloat(value);
    return raw(key, ARRAY, listOf(FLOAT32, values.length, entries.array()));
  }

  /** Adds a value of any type number as it stands. */
  public GgufWriter raw(String key, int type, byte[] value) {
    keys.add(joined(bytesOf(key), little(4).putInt(type).array(), value));
    return this;
  }

  /** Adds a float32 vector. */
  public GgufWriter vector(String name, float... values) {
    return tensor(name, QuantFormat.F32, new long[] {values.length}, floats(values));
  }

  /** Adds a row-major float32 matrix. */
  public GgufWriter matrix(String name, long rows, long columns, float... values) {
    return tensor(name, QuantFormat.F32, new long[] {rows, columns}, floats(values));
  }

  /** Adds a tensor; {@code shape} is outermost first, columns last. */
  public GgufWriter tensor(String name, QuantFormat format, long[] shape, byte[] data) {
    return tensor(name, format.id(), shape, nextOffset, data);
  }

  /** Adds a tensor of any type number that claims to lie at {@code offset} of the tensor data. */
  public GgufWriter tensor(String name, int type, long[] shape, long offset, byte[] data) {
    tensors.add(new Tensor(name, type, shape.clone(), offset, data.clone()));
    nextOffset += (data.length + alignment - 1) / alignment * alignment;
    return this;
  }

  /** The whole file. */
  public byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(little(20).putInt(version).putLong(tensors.size()).putLong(keys.size()).array());
    keys.forEach(out::writeBytes);
    for (Tensor tensor : tensors) {
      out.writeBytes(bytesOf(tensor.name));
      ByteBuffer rest = little(4 + 8 * tensor.shape.length + 4 + 8).putInt(tensor.shape.length);
      for (int i = tensor.shape.length - 1; i >= 0; i--) rest.putLong(tensor.shape[i]);
      out.writeBytes(rest.putInt(tensor.type).putLong(tensor.offset).array());
    }
    if (tensors.isEmpty()) return out.toByteArray();
    pad(out);
    for (Tensor tensor : tensors) {
      out.writeBytes(tensor.data);
      pad(out);
    }
    return out.toByteArray();
  }

  /** Writes the file. */
  public Path write(Path file) {
    try {
      return Files.write(file, bytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void pad(ByteArrayOutputStream out) {
    while (out.size() % alignment != 0) out.write(0);
  }

  private static byte[] floats(float[] values) {
    ByteBuffer bytes = little(4 * values.length);
    for (float value : values) bytes.putFloat(value);
    return bytes.array();
  }

  private static byte[] listOf(int entryType, long count, byte[]... entries) {
    return joined(little(12).putInt(entryType).putLong(count).array(), joined(entries));
  }

  private static byte[] bytesOf(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return joined(little(8).putLong(utf8.length).array(), utf8);
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) out.writeBytes(part);
    return out.toByteArray();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
