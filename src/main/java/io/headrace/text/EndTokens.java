package io.headrace.text;

import java.util.Set;
import java.util.TreeSet;

/**
 * Which tokens end an answer: those that the files name, and control tokens whose text is known to.
 * Many chat models end a turn with another token than the EOS that their files name, and some files
 * name only one of several.
 *
 * <p>{@code <reponame>} is not one of them, though llama.cpp stops there: it marks a file's head in
 * code, not its end.
 */
final class EndTokens {
  private static final Set<String> KNOWN =
      Set.of(
          "<|endoftext|>",
          "<|end_of_text|>",
          "<|im_end|>",
          "<|eot_id|>",
          "<|eom_id|>",
          "<|eot|>",
          "<|end|>",
          "<|end_of_turn|>",
          "<|endofturn|>",
          "<|END_OF_TURN_TOKEN|>",
          "<end_of_turn>",
          "<EOT>",
          "</s>",
          "<eos>",
          "<\uFF5Cend\u2581of\u2581sentence\uFF5C>");

  private EndTokens() {}

  /** The ids, ascending. */
  static int[] of(Vocabulary vocabulary, SpecialIds specials) {
    var ids = new TreeSet<Integer>(specials.ends());
    specials.eos().ifPresent(ids::add);
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.kinds().get(id) == TokenKind.CONTROL
          && KNOWN.contains(vocabulary.texts().get(id))) {
        ids.add(id);
      }
    }
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }
}
