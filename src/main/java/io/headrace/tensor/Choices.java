package io.headrace.tensor;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

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

  // Words of a choice. The order of the two halves of a long is that of the processors there are kernels for.
  private static final int LOGITS = 0;
  private static final int PEAKS = 2;
  private static final int BIAS_TOKEN = 4;
  private static final int BIAS = 6;
  private static final int SEEN_TOKEN = 8;
  private static final int SEEN = 10;
  private static final int U = 12;
  private static final int BIASES = 14;
  private static final int SEENS = 15;
  private static final int REPETITION = 16;
  private static final int FREQUENCY = 17;
  private static final int PRESENCE = 18;
  private static final int INVERSE = 19;
  private static final int LEAST = 20;
  private static final int TOP_P = 21;
  private static final int TOP_K = 22;
  private static final int TOKEN = 23;
  private static final int WORDS = 24;

  private final int entries;

  /** Gathered here, as rows are in a {@link PassBatch}, and copied at once when they are made. */
  private int[] words = new int[WORDS];

  private MemorySegment list = MemorySegment.NULL;
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
    if (WORDS * (size + 1) > words.length) words = Arrays.copyOf(words, 2 * words.length);
    int at = WORDS * size;
    put(at + LOGITS, logits.address());
    put(at + PEAKS, peaks.address());
    words[at + BIASES] = 0;
    words[at + SEENS] = 0;
    put(at + REPETITION, 1f);
    put(at + FREQUENCY, 0f);
    put(at + PRESENCE, 0f);
    put(at + INVERSE, 0f);
    words[at + TOKEN] = NO_TOKEN;
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
    int at = WORDS * (size - 1);
    put(at + BIAS_TOKEN, tokens.address() + 4L * first);
    put(at + BIAS, values.address() + 4L * first);
    words[at + BIASES] = count;
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
    int at = WORDS * (size - 1);
    put(at + SEEN_TOKEN, tokens.address());
    put(at + SEEN, seen.address());
    words[at + SEENS] = count;
    put(at + REPETITION, repetition);
    put(at + FREQUENCY, frequency);
    put(at + PRESENCE, presence);
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
    int at = WORDS * (size - 1);
    put(at + INVERSE, inverse);
    put(at + LEAST, least);
    words[at + TOP_K] = topK;
    put(at + TOP_P, topP);
    put(at + U, Double.doubleToRawLongBits(u));
  }

  /** What was chosen, {@link #NO_NUMBERS} or {@link #NO_TOKEN}. */
  public int token(int index) {
    return words[WORDS * index + TOKEN];
  }

  private void put(int at, float value) {
    words[at] = Float.floatToRawIntBits(value);
  }

  private void put(int at, long value) {
    words[at] = (int) value;
    words[at + 1] = (int) (value >>> 32);
  }

  /** The list, for the kernels. */
  MemorySegment list() {
    if (list.byteSize() < 4L * WORDS * size) list = Arena.ofAuto().allocate(4L * words.length, 64);
    MemorySegment.copy(words, 0, list, JAVA_INT, 0, WORDS * size);
    return list;
  }

  /** What the kernels made of {@link #list}. */
  void made() {
    MemorySegment.copy(list, JAVA_INT, 0, words, 0, WORDS * size);
  }
}
