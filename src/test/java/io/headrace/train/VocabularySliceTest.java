package io.headrace.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class VocabularySliceTest {
  private static final long[] COUNTS = {5, 0, 7, 5, 0, 1};

  @Test
  void theMostFrequentTokensAreTakenTheLowerIdFirst() {
    assertArrayEquals(new int[] {0, 2}, VocabularySlice.mostFrequent(COUNTS, 2).tokens());
    assertArrayEquals(new int[] {0, 2, 3}, VocabularySlice.mostFrequent(COUNTS, 3).tokens());
    assertArrayEquals(new int[] {0, 2, 3, 5}, VocabularySlice.mostFrequent(COUNTS, 99).tokens(), "what never occurs is never taken");
    assertArrayEquals(new int[] {2, 4}, VocabularySlice.mostFrequent(COUNTS, 2, 4).tokens(), "but for what always is");
  }

  @Test
  void coverageIsTheShareOfOccurrencesInside() {
    VocabularySlice slice = VocabularySlice.mostFrequent(COUNTS, 2);
    assertEquals(12.0 / 18, slice.coverage(COUNTS), 1e-12);
    assertArrayEquals(new int[] {0, -1, 1, -1, -1, -1}, slice.columns(6));
  }
}
