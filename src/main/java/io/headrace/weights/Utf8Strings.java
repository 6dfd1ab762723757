package io.headrace.weights;

import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;
import java.util.function.IntFunction;

/**
 * Strings that lie behind one another in a file, as the bytes they are there. Each is decoded when it is asked for, every time; who has
 * use for bytes takes these: a vocabulary has a hundred thousand strings with its merges, of which an answer shows a few. Immutable; any
 * thread.
 */
public final class Utf8Strings extends AbstractList<String> implements RandomAccess {
  private final byte[] bytes;
  private final int[] starts; // one more than there are strings
  private final int between;
  private final IntFunction<RuntimeException> wrong;

  /**
   * @param bytes not copied
   * @param starts where each string begins, and where one more would
   * @param between bytes from the end of a string to the start of the next
   * @param wrong what to throw where string i is not UTF-8
   */
  Utf8Strings(byte[] bytes, int[] starts, int between, IntFunction<RuntimeException> wrong) {
    this.bytes = bytes;
    this.starts = starts;
    this.between = between;
    this.wrong = wrong;
  }

  /** {@code strings} itself where it is of this kind; else a copy. */
  public static Utf8Strings of(List<String> strings) {
    if (strings instanceof Utf8Strings already) return already;
    byte[] bytes = String.join("", strings).getBytes(StandardCharsets.UTF_8);
    int[] starts = new int[strings.size() + 1];
    for (int i = 0; i < strings.size(); i++) {
      starts[i + 1] = starts[i] + strings.get(i).getBytes(StandardCharsets.UTF_8).length;
    }
    return new Utf8Strings(bytes, starts, 0, i -> new IllegalArgumentException("string " + i + " is not UTF-8"));
  }

  /** What the strings lie in; do not change it. */
  public byte[] bytes() {
    return bytes;
  }

  /** Where string {@code i} begins in {@link #bytes}. */
  public int start(int i) {
    return starts[i];
  }

  /** Where string {@code i} ends. */
  public int end(int i) {
    return starts[i + 1] - between;
  }

  @Override
  public int size() {
    return starts.length - 1;
  }

  /**
   * Decodes one.
   *
   * @throws RuntimeException where it is not UTF-8: a {@link WeightFileException} that says where it lies, if it comes from a file
   */
  @Override
  public String get(int i) {
    int start = starts[i];
    int end = end(i);
    String text = new String(bytes, start, end - start, StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') >= 0 && !GgufCursor.isUtf8(bytes, start, end - start)) throw wrong.apply(i);
    return text;
  }
}
