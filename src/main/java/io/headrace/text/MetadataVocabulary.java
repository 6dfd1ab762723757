package io.headrace.text;

import io.headrace.weights.Metadata;
import io.headrace.weights.SafetensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Reads from a model's metadata what they say about its tokenizer. */
final class MetadataVocabulary {
  private static final String KEYS = "tokenizer.ggml.";

  /** Ids beside EOS that end an answer: end of turn, end of message. */
  private static final List<String> ENDS = List.of("eot_token_id", "eom_token_id");

  /** How some converters write "none": -1 in 32 bits without a sign. */
  private static final long NO_ID = 0xFFFF_FFFFL;

  private MetadataVocabulary() {}

  /** The lists of a GGUF file. */
  static VocabularySource.Lists read(Metadata metadata) {
    if (!metadata.has(KEYS + "model")) {
      throw new IllegalArgumentException(
          metadata.file()
              + " has no tokenizer. A GGUF file needs the keys tokenizer.ggml.*, a safetensors"
              + " folder the model's tokenizer.json: download the model again, with all its"
              + " files.");
    }
    var model = metadata.string(KEYS + "model");
    var pre = metadata.findString(KEYS + "pre").orElse(null);
    boolean sentencePiece = model.equals("llama");
    boolean bosByDefault =
        sentencePiece || (model.equals("gpt2") && PreTokenizer.named(pre).addsBosByDefault());
    return new VocabularySource.Lists(
        model,
        pre,
        metadata.strings(KEYS + "tokens"),
        types(metadata),
        metadata.findStrings(KEYS + "merges").orElse(List.of()),
        metadata.findFloats(KEYS + "scores").orElse(new float[0]),
        metadata.bool(KEYS + "add_space_prefix", sentencePiece),
        specials(metadata, bosByDefault));
  }

  /** A tokenizer.json in a folder whose other files became the metadata. */
  static VocabularySource.JsonFile beside(Path tokenizerJson, Metadata metadata) {
    return new VocabularySource.JsonFile(
        tokenizerJson,
        specials(metadata, false),
        metadata.findString(SafetensorsFile.BOS_TOKEN).orElse(null),
        metadata.findString(SafetensorsFile.EOS_TOKEN).orElse(null));
  }

  private static SpecialIds specials(Metadata metadata, boolean bosByDefault) {
    var bos = id(metadata, "bos_token_id");
    var ends = new ArrayList<Integer>();
    ENDS.forEach(key -> id(metadata, key).ifPresent(ends::add));
    for (long end : metadata.findIntegers(KEYS + "eos_token_ids").orElse(new long[0])) {
      ends.add(Math.clamp(end, -1, Integer.MAX_VALUE));
    }
    return new SpecialIds(
        bos,
        id(metadata, "eos_token_id"),
        ends,
        metadata.bool(KEYS + "add_bos_token", bosByDefault && bos.isPresent()),
        metadata.bool(KEYS + "add_eos_token", false));
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
