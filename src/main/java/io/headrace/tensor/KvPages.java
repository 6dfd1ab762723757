package io.headrace.tensor;

/** Keys and values of all sequences of a model. Which block belongs to whom is the caller's business. */
public sealed interface KvPages extends AutoCloseable permits JavaPages, NativePages {
  KvShape shape();

  /**
   * Copies keys and values of whole tokens between slots of one sequence, pair by pair in ascending order.
   *
   * @param table block ids of the sequence; slot {@code s} is token {@code s mod 16} of block {@code table[s / 16]}
   * @param blocks valid entries of {@code table}
   * @param from {@code from[i] >= to[i]}
   * @param count pairs
   */
  void move(int[] table, int blocks, int[] from, int[] to, int count);

  @Override
  void close();
}
