package io.headrace.text;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;

/**
 * Turns SentencePiece's scores into a list of merges.
 *
 * <p>SentencePiece BPE (Kudo and Richardson 2018) keeps no merges: it joins whichever two
 * neighbours make the piece with the highest score. So every way to cut a piece into two pieces is
 * a merge, and the score of the whole is its urgency. Weakness: where one piece can be made from
 * different pairs at two places of a word, SentencePiece takes the leftmost place and a list takes
 * one pair first; the result differs only if the places overlap.
 */
final class ScoredMerges {
  private ScoredMerges() {}

  private record Ranked(Merge merge, float score, int left, int right) {}

  /**
   * All merges of the normal pieces, most urgent first; ties by length of the pieces, longer first,
   * then by id.
   */
  static List<Merge> of(Vocabulary vocabulary, float[] scores) {
    var ids = new HashMap<String, Integer>(vocabulary.size() * 2);
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.kinds().get(id) == TokenKind.NORMAL && !vocabulary.texts().get(id).isEmpty()) {
        ids.putIfAbsent(vocabulary.texts().get(id), id);
      }
    }
    var ranked = new ArrayList<Ranked>();
    ids.forEach((whole, id) -> addCuts(whole, scores[id], ids, ranked));
    ranked.sort(
        Comparator.comparing(Ranked::score, Comparator.reverseOrder())
            .thenComparing(r -> -r.merge.left().length())
            .thenComparing(r -> -r.merge.right().length())
            .thenComparing(Ranked::left)
            .thenComparing(Ranked::right));
    return ranked.stream().map(Ranked::merge).toList();
  }

  private static void addCuts(
      String whole, float score, HashMap<String, Integer> ids, List<Ranked> into) {
    for (int at = whole.offsetByCodePoints(0, 1);
        at < whole.length();
        at = whole.offsetByCodePoints(at, 1)) {
      var left = ids.get(whole.substring(0, at));
      var right = ids.get(whole.substring(at));
      if (left != null && right != null) {
        into.add(
            new Ranked(new Merge(whole.substring(0, at), whole.substring(at)), score, left, right));
      }
    }
  }
}
