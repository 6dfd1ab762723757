package io.headrace.tensor;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Tokens to be chosen out of rows by {@link Weigher#choose}, many at once: a list of {@code hr_choice}. What it points to must stay until
 * they are made. Memory outside the heap, which the collector frees.
 *
 * <p>Thread: one thread; reused for every call, no allocation once it has its size.
 */
public final class Choices {
  /** Instead of a token: the row holds a NaN or an infinity. */
  public static final int NO_NUMBERS = -1;

  /** Instead of a token: none may be chosen. */
  public static final int NO_TOKEN = -2;

  static final long LOGITS = 0;
  static final long PEAKS = 8;
  static final long BIAS_TOKEN = 16;
  static final long BIAS = 24;
  static final long SEEN_TOKEN = 32;
  static final long SEEN = 40;
  static final long U = 48;
  static final long BIASES = 56;
  static final long SEENS = 60;
  static final long REPETITION = 64;
  static final long FREQUENCY = 68;
  static final long PRESENCE = 72;
  static final long INVERSE = 76;
  static final long LEAST = 80;
  static final long TOP_P = 84;
  static final long TOP_K = 88;
  static final long TOKEN = 92;
  static final long BYTES = 96;

  private final int entries;
  private MemorySegment list = Arena.ofAuto().allocate(BYTES, 8);
  private int size;

  /**
   * @param entries logits of each row, 1 to {@link Weigher#MOST}
   */
  public Choices(int entries) {
    if (entries < 1 || entries > Weigher.MOST) {
      throw new IllegalArgumentException("a row to choose from has 1 to %d entries, not %d".formatted(Weigher.MOST, entries));
    }
    this.entries = entries;
  }

  public int entries() {
    return entries;
  }

  public int size() {
    return size;
  }

  /** Forgets all. */
  public void clear() {
    size = 0;
  }

  /**
   * Adds the greedy choice out of a row as it is; the methods below say what is different in the one added last.
   *
   * @param logits float32, outside the heap; written to while {@link Weigher#choose} runs, so in no other choice
   * @param peaks of the row as it is, see {@link Op.Peaks}; outside the heap
   * @return its index
   */
  public int add(MemorySegment logits, MemorySegment peaks) {
    long spans = (entries + Kernels.PEAK_SPAN - 1) / Kernels.PEAK_SPAN;
    if (logits.byteSize() < 4L * entries || peaks.byteSize() < 4L * spans || !logits.isNative() || !peaks.isNative()) {
      throw new KernelFault("these are no %d logits with their peaks outside the heap".formatted(entries));
    }
    if (BYTES * (size + 1) > list.byteSize()) {
      MemorySegment more = Arena.ofAuto().allocate(2 * list.byteSize(), 8);
      MemorySegment.copy(list, 0, more, 0, BYTES * size);
      list = more;
    }
    long at = BYTES * size;
    list.set(JAVA_LONG, at + LOGITS, logits.address());
    list.set(JAVA_LONG, at + PEAKS, peaks.address());
    list.set(JAVA_INT, at + BIASES, 0);
    list.set(JAVA_INT, at + SEENS, 0);
    list.set(JAVA_FLOAT, at + REPETITION, 1f);
    list.set(JAVA_FLOAT, at + FREQUENCY, 0f);
    list.set(JAVA_FLOAT, at + PRESENCE, 0f);
    list.set(JAVA_FLOAT, at + INVERSE, 0f);
    list.set(JAVA_INT, at + TOKEN, NO_TOKEN);
    return size++;
  }

  /**
   * Adds to logits: entries {@code [first, first + count)} of both lists in turn; negative infinity for a token that must not be chosen.
   *
   * @param tokens int32, outside the heap
   * @param values float32, outside the heap
   */
  public void bias(MemorySegment tokens, MemorySegment values, int first, int count) {
    if (first < 0 || count < 0 || tokens.byteSize() < 4L * (first + count) || values.byteSize() < 4L * (first + count)) {
      throw new KernelFault("no %d biases from %d on".formatted(count, first));
    }
    long at = BYTES * (size - 1);
    list.set(JAVA_LONG, at + BIAS_TOKEN, tokens.address() + 4L * first);
    list.set(JAVA_LONG, at + BIAS, values.address() + 4L * first);
    list.set(JAVA_INT, at + BIASES, count);
  }

  /**
   * Penalises the first {@code count} tokens of a list.
   *
   * @param tokens int32, outside the heap, each once
   * @param seen int32, outside the heap: 2 * occurrences in the output, + 1 if the token is in the prompt
   * @param repetition above 0; 1 for none
   */
  public void seen(MemorySegment tokens, MemorySegment seen, int count, float repetition, float frequency, float presence) {
    if (count < 0 || tokens.byteSize() < 4L * count || seen.byteSize() < 4L * count) {
      throw new KernelFault("no %d tokens were seen".formatted(count));
    }
    long at = BYTES * (size - 1);
    list.set(JAVA_LONG, at + SEEN_TOKEN, tokens.address());
    list.set(JAVA_LONG, at + SEEN, seen.address());
    list.set(JAVA_INT, at + SEENS, count);
    list.set(JAVA_FLOAT, at + REPETITION, repetition);
    list.set(JAVA_FLOAT, at + FREQUENCY, frequency);
    list.set(JAVA_FLOAT, at + PRESENCE, presence);
  }

  /**
   * Draws instead of taking the largest.
   *
   * @param inverse 1 / temperature, above 0 and finite
   * @param least weights below it are dropped, 1 to {@link Weigher#ONE}
   * @param topK so many of the largest logits are kept; 0 for all
   * @param topP share of the weight that is kept, above 0 up to 1
   * @param u in [0, 1)
   */
  public void draw(float inverse, float least, int topK, float topP, double u) {
    long at = BYTES * (size - 1);
    list.set(JAVA_FLOAT, at + INVERSE, inverse);
    list.set(JAVA_FLOAT, at + LEAST, least);
    list.set(JAVA_INT, at + TOP_K, topK);
    list.set(JAVA_FLOAT, at + TOP_P, topP);
    list.set(JAVA_DOUBLE, at + U, u);
  }

  /** What was chosen, {@link #NO_NUMBERS} or {@link #NO_TOKEN}. */
  public int token(int index) {
    return list.get(JAVA_INT, BYTES * index + TOKEN);
  }

  MemorySegment list() {
    return list;
  }
}
