package io.headrace.text;

import io.headrace.weights.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Reads the lists of a GGUF file's tokenizer from its metadata. */
final class MetadataVocabulary {
  private static final String KEYS = "tokenizer.ggml.";

  /** Ids beside EOS that end an answer: end of turn, end of message. */
  private static final List<String> ENDS = List.of("eot_token_id", "eom_token_id");

  /** How some converters write "none": -1 in 32 bits without a sign. */
  private static final long NO_ID = 0xFFFF_FFFFL;

  private MetadataVocabulary() {}

  static VocabularySource.Lists read(Metadata metadata) {
    var model = metadata.string(KEYS + "model");
    var pre = metadata.findString(KEYS + "pre").orElse(null);
    boolean sentencePiece = model.equals("llama");
    boolean bosByDefault =
        sentencePiece || (model.equals("gpt2") && PreTokenizer.named(pre).addsBosByDefault());
    var bos = id(metadata, "bos_token_id");
    var ends = new ArrayList<Integer>();
    ENDS.forEach(key -> id(metadata, key).ifPresent(ends::add));
    var specials =
        new SpecialIds(
            bos,
            id(metadata, "eos_token_id"),
            ends,
            metadata.bool(KEYS + "add_bos_token", bosByDefault && bos.isPresent()),
            metadata.bool(KEYS + "add_eos_token", false));
    return new VocabularySource.Lists(
        model,
        pre,
        metadata.strings(KEYS + "tokens"),
        types(metadata),
        metadata.findStrings(KEYS + "merges").orElse(List.of()),
        metadata.findFloats(KEYS + "scores").orElse(new float[0]),
        metadata.bool(KEYS + "add_space_prefix", sentencePiece),
        specials);
  }

  private static int[] types(Metadata metadata) {
    long[] stored = metadata.findIntegers(KEYS + "token_type").orElse(new long[0]);
    var types = new int[stored.length];
    for (int i = 0; i < types.length; i++) {
      types[i] = (int) stored[i];
    }
    return types;
  }

  private static OptionalInt id(Metadata metadata, String name) {
    var id = metadata.findInteger(KEYS + name);
    if (id.isEmpty() || id.getAsLong() == -1 || id.getAsLong() == NO_ID) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(metadata.integer(KEYS + name, 0, Integer.MAX_VALUE));
  }
}
