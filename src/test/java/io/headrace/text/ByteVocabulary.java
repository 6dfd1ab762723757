package io.headrace.text;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Byte-level vocabularies for tests: the 256 bytes (ids in the alphabet's order of characters),
 * then what a test adds.
 */
final class ByteVocabulary {
  private final List<String> tokens = new ArrayList<>();
  private final List<Integer> types = new ArrayList<>();
  private final List<String> merges = new ArrayList<>();

  ByteVocabulary() {
    IntStream.concat(IntStream.rangeClosed(0x21, 0x7E), IntStream.rangeClosed(0xA1, 0x143))
        .filter(c -> c != 0xAD)
        .forEach(c -> add(Character.toString(c), 1));
  }

  /** Adds a token; its id is the number of those before it. */
  ByteVocabulary add(String text, int type) {
    tokens.add(text);
    types.add(type);
    return this;
  }

  /** Adds a merge and the token it makes. */
  ByteVocabulary merge(String left, String right) {
    merges.add(left + " " + right);
    return add(left + right, 1);
  }

  /** The same merge of a token that is there already. */
  ByteVocabulary mergeOnly(String left, String right) {
    merges.add(left + " " + right);
    return this;
  }

  int idOf(String text) {
    return tokens.indexOf(text);
  }

  VocabularySource.Lists lists(String pre) {
    return lists(pre, SpecialIds.NONE);
  }

  VocabularySource.Lists lists(String pre, SpecialIds specials) {
    return new VocabularySource.Lists(
        "gpt2",
        pre,
        tokens,
        types.stream().mapToInt(Integer::intValue).toArray(),
        merges,
        new float[0],
        false,
        specials);
  }

  static SpecialIds bosAndEos(int bos, int eos, boolean add) {
    return new SpecialIds(OptionalInt.of(bos), OptionalInt.of(eos), List.of(), add, add);
  }
}
