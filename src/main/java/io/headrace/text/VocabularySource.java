package io.headrace.text;

import io.headrace.weights.Metadata;
import io.headrace.weights.WeightFile;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a tokenizer comes from: the lists inside a GGUF file, or a {@code tokenizer.json} beside
 * safetensors.
 */
public sealed interface VocabularySource {
  /**
   * The lists that a GGUF file carries under {@code tokenizer.ggml.}. Not copied: do not change
   * them.
   *
   * @param model the family: {@code gpt2} (byte-level BPE) or {@code llama} (SentencePiece BPE)
   * @param pre how text is cut before merging; only {@code gpt2} has it, null where the file does
   *     not say
   * @param tokens the tokens, index = id
   * @param types {@link TokenKind} numbers, one per token; empty where all are normal
   * @param merges {@code "left right"} pairs, most urgent first; empty for {@code llama}
   * @param scores one per token, higher merges first; empty for {@code gpt2}
   * @param addSpacePrefix whether a space is put before each stretch of text ({@code llama} only)
   * @param specials the ids with a meaning
   */
  record Lists(
      String model,
      @Nullable String pre,
      List<String> tokens,
      int[] types,
      List<String> merges,
      float[] scores,
      boolean addSpacePrefix,
      SpecialIds specials)
      implements VocabularySource {}

  /**
   * A {@code tokenizer.json} as Hugging Face's tokenizers write it.
   *
   * @param file the file
   * @param specials from the files beside it; its own post-processor decides what is added to a
   *     text
   * @param bosText the text of the token that begins a text; overrules its id, since a model's
   *     configuration may give an id to a token that its tokenizer does not use
   * @param eosText likewise of the token that ends one
   */
  record JsonFile(
      Path file, SpecialIds specials, @Nullable String bosText, @Nullable String eosText)
      implements VocabularySource {}

  /**
   * The tokenizer of a model: its {@code tokenizer.json} with what its metadata say about special
   * tokens, or else the lists in the metadata.
   *
   * @throws io.headrace.weights.WeightFileException if the metadata lack a list
   * @throws IllegalArgumentException if the model has no tokenizer
   */
  static VocabularySource of(WeightFile model) {
    var json = model.tokenizerJson();
    return json.isPresent()
        ? MetadataVocabulary.beside(json.get(), model.metadata())
        : of(model.metadata());
  }

  /** The lists under {@code tokenizer.ggml.} in a GGUF file's metadata. */
  static VocabularySource of(Metadata metadata) {
    return MetadataVocabulary.read(metadata);
  }
}
