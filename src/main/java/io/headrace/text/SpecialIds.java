package io.headrace.text;

import java.util.List;
import java.util.OptionalInt;

/**
 * The token ids that a model's files give a meaning.
 *
 * @param bos begins a text
 * @param eos ends a text
 * @param ends further ids that end an answer (end of turn, end of message; a list in {@code
 *     generation_config.json})
 * @param addBos whether {@code bos} is put in front when special tokens are asked for; a {@code
 *     tokenizer.json} with a post-processing template of its own overrules it
 * @param addEos likewise for {@code eos} at the end
 */
public record SpecialIds(
    OptionalInt bos, OptionalInt eos, List<Integer> ends, boolean addBos, boolean addEos) {
  /** A model that names none. */
  public static final SpecialIds NONE =
      new SpecialIds(OptionalInt.empty(), OptionalInt.empty(), List.of(), false, false);

  public SpecialIds {
    ends = List.copyOf(ends);
  }

  /** Refuses ids that are not in a vocabulary of {@code tokens}. */
  void checkWithin(int tokens) {
    bos.ifPresent(id -> check("BOS", id, tokens));
    eos.ifPresent(id -> check("EOS", id, tokens));
    ends.forEach(id -> check("end-of-turn", id, tokens));
  }

  private static void check(String name, int id, int tokens) {
    if (id < 0 || id >= tokens) {
      throw new IllegalArgumentException(
          ("The %s token id is %d, outside the vocabulary of %d tokens. Convert or "
                  + "download the model again.")
              .formatted(name, id, tokens));
    }
  }
}
