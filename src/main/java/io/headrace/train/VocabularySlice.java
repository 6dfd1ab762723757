package io.headrace.train;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The tokens that a drafter may guess: the most frequent ones of a corpus, because a row of the output matrix for each is what a
 * guess costs. A token outside is never drafted; it is still chosen by the target.
 *
 * @param tokens ids, ascending
 */
public record VocabularySlice(int[] tokens) {
  public VocabularySlice {
    tokens = tokens.clone();
  }

  /**
   * The {@code size} tokens with the largest counts, of equal counts the lower ids; fewer where fewer occur.
   *
   * @param counts occurrences per token id
   * @param always ids that are taken whatever their counts, such as end tokens
   */
  public static VocabularySlice mostFrequent(long[] counts, int size, int... always) {
    if (size < 1) throw new IllegalArgumentException("a slice needs at least one token, was " + size);
    long[] weights = counts.clone();
    for (int id : always) weights[id] = Long.MAX_VALUE;
    int[] chosen =
        IntStream.range(0, weights.length)
            .filter(id -> weights[id] > 0)
            .boxed()
            .sorted(Comparator.<Integer>comparingLong(id -> weights[id]).reversed().thenComparing(Comparator.naturalOrder()))
            .limit(size)
            .mapToInt(Integer::intValue)
            .sorted()
            .toArray();
    return new VocabularySlice(chosen);
  }

  /** Column of every token of the vocabulary; -1 outside the slice. */
  public int[] columns(int vocabulary) {
    int[] columns = new int[vocabulary];
    Arrays.fill(columns, -1);
    for (int i = 0; i < tokens.length; i++) columns[tokens[i]] = i;
    return columns;
  }

  /** Share of occurrences that lie inside, in [0, 1]; 0 where nothing occurs. */
  public double coverage(long[] counts) {
    long all = 0;
    long inside = 0;
    for (long count : counts) all += count;
    for (int id : tokens) inside += counts[id];
    return all == 0 ? 0 : (double) inside / all;
  }

  @Override
  public int[] tokens() {
    return tokens.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VocabularySlice that && Arrays.equals(tokens, that.tokens);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(tokens);
  }

  @Override
  public String toString() {
    return tokens.length + " tokens";
  }
}
