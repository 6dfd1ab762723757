package io.headrace.text;

import java.util.List;
import java.util.OptionalInt;

/**
 * The token ids that a model's files give a meaning.
 *
 * @param bos begins a text
 * @param eos ends a text
 * @param ends further ids that end an answer (end of turn, end of message; a list in {@code generation_config.json})
 * @param addBos whether {@code bos} is put in front when special tokens are asked for; a {@code tokenizer.json} with a
 *     post-processing template of its own overrules it
 * @param addEos likewise for {@code eos} at the end
 */
public record SpecialIds(OptionalInt bos, OptionalInt eos, List<Integer> ends, boolean addBos, boolean addEos) {
  /** A model that names none. */
  public static final SpecialIds NONE = new SpecialIds(OptionalInt.empty(), OptionalInt.empty(), List.of(), false, false);

  public SpecialIds {
    ends = List.copyOf(ends);
  }
}
