package io.headrace.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * A reading position in a mapped file whose every step is checked against what is left of it.
 * Little endian, unaligned.
 *
 * <p>Each method takes the name of what it reads, for the message. Not thread-safe.
 */
final class GgufCursor {
  /**
   * Bytes copied out of the mapping at a time. Reading a hundred thousand small strings from it one by one costs a tenth of a second
   * in a JVM that has compiled nothing yet.
   */
  private static final int WINDOW_BYTES = 64 << 10;

  /** A length and the longest string that it is short for. */
  private static final int WINDOW_MARGIN = Long.BYTES + 0xFF;

  /** A list of strings is held in an array of Java's. */
  private static final long MOST_LIST_BYTES = Integer.MAX_VALUE - 64;

  /** What the format allows for a key. */
  private static final long NAME_BYTES = 65_535;

  private final Path file;
  private final MemorySegment bytes;
  private long position;
  private byte[] window = {};
  private long windowStart;

  GgufCursor(Path file, MemorySegment bytes, long position) {
    this.file = file;
    this.bytes = bytes;
    this.position = position;
  }

  /** Bytes from the start of the file. */
  long position() {
    return position;
  }

  /** Another cursor at the same place. */
  GgufCursor fork() {
    return new GgufCursor(file, bytes, position);
  }

  /** A failure at the byte {@code at}. */
  WeightFileException fail(long at, String reason) {
    return new WeightFileException(file, at, reason);
  }

  /**
   * Moves over {@code length} bytes; read as unsigned, so a lie of 2^63 or more is refused like any
   * other.
   */
  long skip(long length, String what) {
    long left = bytes.byteSize() - position;
    if (length < 0 || length > left) {
      throw fail(
          position,
          "%s takes %s bytes, but the file ends after %d; it is truncated or damaged"
              .formatted(what, Long.toUnsignedString(length), left));
    }
    long start = position;
    position += length;
    return start;
  }

  int u8(String what) {
    return (int) littleEndian(1, what);
  }

  short i16(String what) {
    return (short) littleEndian(2, what);
  }

  int i32(String what) {
    return (int) littleEndian(4, what);
  }

  long u32(String what) {
    return Integer.toUnsignedLong(i32(what));
  }

  long i64(String what) {
    return littleEndian(8, what);
  }

  /** The next {@code count} bytes as a number, without sign where there are fewer than 8. */
  private long littleEndian(int count, String what) {
    int at = inWindow(skip(count, what), count);
    long value = 0;
    for (int i = count - 1; i >= 0; i--) value = value << 8 | window[at + i] & 0xFF;
    return value;
  }

  /** Where the byte {@code start} of the file stands in the window, which has {@code length} bytes from there on. */
  private int inWindow(long start, int length) {
    if (start < windowStart || start + length > windowStart + window.length) {
      long size = Math.min(Math.max(WINDOW_BYTES, length), bytes.byteSize() - start);
      window = bytes.asSlice(start, size).toArray(ValueLayout.JAVA_BYTE);
      windowStart = start;
    }
    return (int) (start - windowStart);
  }

  /**
   * A count of things that take at least {@code leastBytes} each, at most {@code most} of them:
   * refused when the rest of the file could not hold them, so that nothing is ever sized by a lie.
   */
  int count(String what, long leastBytes, int most) {
    long at = position;
    long count = i64(what);
    long left = bytes.byteSize() - position;
    if (count < 0 || count > left / leastBytes) {
      throw fail(
          at,
          "%s is %s, more than the %d bytes that follow can hold"
              .formatted(what, Long.toUnsignedString(count), left));
    }
    if (count > most)
      throw fail(
          at, "%s is %d, more than the %d that this server accepts".formatted(what, count, most));
    return (int) count;
  }

  /**
   * Moves over {@code count} strings of at most {@code most} bytes each. They are copied out of the mapping when they are asked for, which
   * must be while the file is open.
   */
  Supplier<Utf8Strings> strings(String what, int count, long most) {
    long first = position;
    int[] starts = new int[count + 1];
    for (int i = 0; i < count; i++) {
      long at = position - windowStart;
      long length = -1;
      if (at >= 0 && at + WINDOW_MARGIN <= window.length) { // nearly always: short, and in the window; this loop is run uncompiled
        int a = (int) at;
        if (window[a + 1] == 0 && window[a + 2] == 0 && window[a + 3] == 0 && (window[a + 4] | window[a + 5] | window[a + 6] | window[a + 7]) == 0) {
          length = window[a] & 0xFF;
        }
      }
      if (length < 0) {
        length = i64(what);
        skip(length, what);
        if (length > most) throw fail(position - length - Long.BYTES, "%s has %d bytes, more than %d".formatted(what, length, most));
        if (position - first > MOST_LIST_BYTES) throw fail(first, what + " and those before it have 2 GiB or more, which is not supported");
      } else {
        position += Long.BYTES + length;
      }
      starts[i] = (int) (position - length - first);
    }
    int size = (int) (position - first);
    starts[count] = size + Long.BYTES;
    return () ->
        new Utf8Strings(bytes.asSlice(first, size).toArray(ValueLayout.JAVA_BYTE), starts, Long.BYTES, i -> fail(first + starts[i], what + " is not UTF-8"));
  }

  /** The next {@code count} numbers of 32 bits. */
  int[] ints(String what, int count) {
    long start = skip((long) Integer.BYTES * count, what);
    return bytes.asSlice(start, (long) Integer.BYTES * count).toArray(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
  }

  /** A string of at most {@code most} bytes, which must be UTF-8. */
  String string(String what, long most) {
    long at = position;
    long length = i64(what);
    long start = skip(length, what);
    if (length > most)
      throw fail(at, "%s has %d bytes, more than %d".formatted(what, length, most));
    int from = inWindow(start, (int) length);
    String text = new String(window, from, (int) length, StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') >= 0 && !isUtf8(window, from, (int) length)) throw fail(start, what + " is not UTF-8");
    return text;
  }

  /** A key or the name of a tensor: not empty, and safe to show in a message. */
  String name(String what) {
    long at = position;
    String name = string(what, NAME_BYTES);
    if (name.isEmpty()) throw fail(at, what + " is empty");
    if (name.chars().anyMatch(Character::isISOControl))
      throw fail(at, what + " has control characters");
    return name;
  }

  static boolean isUtf8(byte[] bytes, int from, int length) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, length));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
