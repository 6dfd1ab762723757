package io.headrace.text;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whether two models cut every text into the same tokens with the same ids, so that one can go on where the other stopped. Which ids begin
 * or end a text may differ: that is the business of the one that is served.
 *
 * <p>Thread: any; no state.
 */
public final class SameTokens {
  /** Pieces of the vocabulary in a text that both have to cut alike. */
  private static final int SAMPLE = 4_000;

  private SameTokens() {}

  /** What differs first between {@code one} and {@code other}, for people, or null if nothing does. */
  public static @Nullable String difference(VocabularySource one, VocabularySource other) {
    if (one instanceof VocabularySource.Lists lists && other instanceof VocabularySource.Lists others) return difference(lists, others);
    try (Tokenizer tokenizer = Tokenizer.of(one);
        Tokenizer otherTokenizer = Tokenizer.of(other)) {
      return difference(tokenizer, otherTokenizer);
    }
  }

  private static @Nullable String difference(VocabularySource.Lists one, VocabularySource.Lists other) {
    if (!one.model().equals(other.model())) return "the family is %s and %s".formatted(one.model(), other.model());
    if (!Objects.equals(one.pre(), other.pre())) return "text is cut by %s and %s before merging".formatted(one.pre(), other.pre());
    if (one.tokens().size() != other.tokens().size()) return sizes(one.tokens().size(), other.tokens().size());
    for (int id = 0; id < one.tokens().size(); id++) {
      if (!one.tokens().get(id).equals(other.tokens().get(id))) return token(id, one.tokens().get(id), other.tokens().get(id));
      if (type(one, id) != type(other, id)) return "token %d, '%s', is of type %d and %d".formatted(id, one.tokens().get(id), type(one, id), type(other, id));
    }
    if (!one.merges().equals(other.merges())) return "merge " + firstDifference(one.merges(), other.merges());
    if (!Arrays.equals(one.scores(), other.scores())) return "the scores of the tokens differ";
    return one.addSpacePrefix() == other.addSpacePrefix() ? null : "one puts a space before a text, the other does not";
  }

  private static int type(VocabularySource.Lists lists, int id) {
    return lists.types().length == 0 ? 1 : lists.types()[id];
  }

  private static String firstDifference(List<String> one, List<String> other) {
    int at = 0;
    while (at < one.size() && at < other.size() && one.get(at).equals(other.get(at))) at++;
    return "%d is '%s' and '%s'".formatted(at, at < one.size() ? one.get(at) : "missing", at < other.size() ? other.get(at) : "missing");
  }

  private static @Nullable String difference(Tokenizer one, Tokenizer other) {
    if (one.vocabularySize() != other.vocabularySize()) return sizes(one.vocabularySize(), other.vocabularySize());
    int size = one.vocabularySize();
    StringBuilder sample = new StringBuilder();
    for (int id = 0; id < size; id++) {
      if (!one.textOf(id).equals(other.textOf(id))) return token(id, one.textOf(id), other.textOf(id));
      if (one.isControl(id) != other.isControl(id)) return "token %d, '%s', is a control token in one of them".formatted(id, one.textOf(id));
    }
    // Merges show in what becomes of a text; the vocabulary's own pieces, side by side, try most of them.
    for (int i = 0; i < SAMPLE; i++) {
      int id = (int) (i * 2_654_435_761L % size);
      if (!one.isControl(id)) sample.append(one.decode(new int[] {id}, true));
    }
    String text = sample.toString();
    return Arrays.equals(one.encode(text, false, false), other.encode(text, false, false)) ? null : "the same text becomes other tokens";
  }

  private static String sizes(int one, int other) {
    return "there are %d and %d tokens".formatted(one, other);
  }

  private static String token(int id, String one, String other) {
    return "token %d is '%s' and '%s'".formatted(id, one, other);
  }
}
