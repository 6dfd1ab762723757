package io.headrace.decode.specdec;

/**
 * The tokens drafted so far in one step and what is said of them.
 *
 * <p>Thread: engine thread; reused from step to step.
 */
final class Chain {
  private final int[] tokens;
  private final double[] trusted;
  private final double[] believed;
  private int size;
  private double last = 1;
  private double hope = 1;
  private int tested;
  private int before;
  private boolean whole;

  /** Room for {@code most} tokens. */
  Chain(int most) {
    tokens = new int[most];
    trusted = new double[most];
    believed = new double[most];
  }

  /** Starts again with nothing drafted. */
  void clear() {
    size = 0;
    last = 1;
    hope = 1;
  }

  /**
   * Adds a draft.
   *
   * @param said its probability by the drafter
   * @param trusted how probable that makes it, as far as its drafter can be trusted
   * @param believed how probable it is by the acceptance head, or the same where none is asked
   * @param probable how probable that makes it for this request
   */
  void add(int token, double said, double trusted, double believed, double probable) {
    tokens[size] = token;
    this.trusted[size] = trusted;
    this.believed[size++] = believed;
    last = said;
    hope *= probable;
  }

  /** Adds a draft that is to be known by {@link #token(int, int)}, and with what probability it follows those before it. */
  void add(double probable) {
    add(0, probable, probable, probable, probable);
  }

  /** Draft {@code i} is this token. */
  void token(int i, int token) {
    tokens[i] = token;
  }

  /** Drafts so far. */
  int size() {
    return size;
  }

  int token(int i) {
    return tokens[i];
  }

  /** How probable draft {@code i} was held by what was said of it, those before it being right. */
  double believed(int i) {
    return believed[i];
  }

  /** How probable it was by the drafter's own word. */
  double trusted(int i) {
    return trusted[i];
  }

  /** The drafter's confidence in its last draft; 1 before the first. */
  double last() {
    return last;
  }

  /** How probable it is that all are accepted. */
  double hope() {
    return hope;
  }

  /** The first {@code count} are tested. */
  void test(int count) {
    tested = count;
  }

  /** The first {@code hits} of those tested were accepted. */
  void learn(int hits) {
    if (tested == 0) return;
    before = tested;
    whole = hits >= tested;
    tested = 0;
  }

  /** Drafts that were tested the last time any were; 0 if never. */
  int before() {
    return before;
  }

  /** Whether all of these were accepted. */
  boolean whole() {
    return whole;
  }
}
