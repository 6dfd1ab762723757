package io.headrace.text;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SameTokensTest {
  private static final VocabularySource.Lists LISTS = with(List.of("a", "b", "ab"), new int[] {1, 1, 1}, List.of("a b"), "smollm", SpecialIds.NONE);

  private static VocabularySource.Lists with(List<String> tokens, int[] types, List<String> merges, String pre, SpecialIds specials) {
    return new VocabularySource.Lists("gpt2", pre, tokens, types, merges, new float[0], false, specials);
  }

  @Test
  void equalListsAreTheSameWhateverBeginsOrEndsAText() {
    assertNull(SameTokens.difference(LISTS, LISTS));
    assertNull(SameTokens.difference(LISTS, with(LISTS.tokens(), LISTS.types(), LISTS.merges(), "smollm", ByteVocabulary.bosAndEos(0, 1, true))));
    assertNull(SameTokens.difference(LISTS, with(LISTS.tokens(), new int[0], LISTS.merges(), "smollm", SpecialIds.NONE)), "all normal by default");
  }

  @Test
  void whatDiffersIsNamed() {
    names("'ab' and 'ba'", with(List.of("a", "b", "ba"), LISTS.types(), LISTS.merges(), "smollm", SpecialIds.NONE));
    names("3 and 2 tokens", with(List.of("a", "b"), new int[] {1, 1}, LISTS.merges(), "smollm", SpecialIds.NONE));
    names("type 1 and 3", with(LISTS.tokens(), new int[] {1, 1, 3}, LISTS.merges(), "smollm", SpecialIds.NONE));
    names("merge 0 is 'a b' and 'missing'", with(LISTS.tokens(), LISTS.types(), new ArrayList<>(), "smollm", SpecialIds.NONE));
    names("llama-bpe", with(LISTS.tokens(), LISTS.types(), LISTS.merges(), "llama-bpe", SpecialIds.NONE));
  }

  private static void names(String what, VocabularySource.Lists other) {
    String difference = assertNotNull(SameTokens.difference(LISTS, other));
    assertTrue(difference.contains(what), difference);
  }

  private static String assertNotNull(String difference) {
    org.junit.jupiter.api.Assertions.assertNotNull(difference, "nothing was found");
    return difference;
  }
}
