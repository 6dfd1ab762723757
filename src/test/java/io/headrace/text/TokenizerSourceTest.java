package io.headrace.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.weights.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Vocabularies as files give them: what is read from where, and that what makes no sense is refused
 * by name.
 */
final class TokenizerSourceTest {
  private static final String SPACE_FIRST =
      """
      {"added_tokens": [
         {"id": 0, "content": "<s>", "special": true},
         {"id": 1, "content": "<mask>", "special": true, "lstrip": true, "rstrip": true},
         {"id": 7, "content": "<tool>", "special": false}],
       "normalizer": null,
       "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "%s", "split": false},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
       "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "%s", "split": false},
       "model": {"type": "BPE", "vocab": {"<s>": 0, "▁": 2, "a": 3, "b": 4, "▁a": 5, "s": 6}, "merges": ["▁ a"]}}
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"qwen3-next", "''", "GPT-2"})
  void anUnknownWayOfCuttingIsNamedWithThoseThatAreKnown(String pre) {
    var message = refusal(new ByteVocabulary().lists(pre));
    assertTrue(message.contains("tokenizer.ggml.pre is '" + pre + "'"), message);
    assertTrue(
        message.contains("llama-bpe") && message.contains("smollm") && message.contains("qwen2"),
        message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "default",
        "smollm",
        "gpt-2",
        "llama-bpe",
        "qwen2",
        "starcoder",
        "refact",
        "command-r",
        "tekken",
        "smaug-bpe",
        "deepseek-r1-qwen"
      })
  void everyKnownWayOfCuttingKeepsAllText(String pre) {
    var text = "I'm here,  it's 1234567 (½)\n\n\tHTTPServer café /x\r\n 漢字 \uD83D\uDE00   ";
    try (var tokenizer = Tokenizer.of(new ByteVocabulary().lists(pre))) {
      assertEquals(text, tokenizer.decode(tokenizer.encode(text, false, false), false));
    }
  }

  @Test
  void aFileThatDoesNotSayIsCutTheDefaultWay() {
    var vocabulary = new ByteVocabulary().merge("1", "2").merge("12", "3").merge("3", "4");
    try (var silent = Tokenizer.of(vocabulary.lists(null))) {
      assertArrayEquals(
          new int[] {vocabulary.idOf("123"), vocabulary.idOf("4")},
          silent.encode("1234", false, false));
    }
  }

  @Test
  void anUnknownFamilyIsNamed() {
    assertTrue(
        refusal(lists("bert", List.of("a"), new int[0], List.of(), new float[0]))
            .contains("tokenizer.ggml.model is 'bert'"));
  }

  @Test
  void listsOfDifferentLengthsAreRefused() {
    var two = List.of("a", "b");
    assertTrue(
        refusal(lists("gpt2", two, new int[] {1}, List.of(), new float[0]))
            .contains("token_type has 1 entries for 2 tokens"));
    assertTrue(
        refusal(lists("llama", two, new int[0], List.of(), new float[1]))
            .contains("scores has 1 entries for 2 tokens"));
    assertTrue(
        refusal(lists("gpt2", List.of(), new int[0], List.of(), new float[0]))
            .contains("tokens is empty"));
  }

  @Test
  void mergesThatMakeNoSenseAreRefusedByNumber() {
    var two = List.of("a", "b");
    assertTrue(
        refusal(lists("gpt2", two, new int[0], List.of("a"), new float[0]))
            .contains("Merge 0 of the tokenizer is 'a'"));
    assertTrue(
        refusal(lists("gpt2", two, new int[0], List.of("a b"), new float[0]))
            .contains("merges[0] joins 'a' and 'b'"));
  }

  @Test
  void typesAndBytesThatMakeNoSenseAreRefused() {
    assertTrue(
        refusal(lists("gpt2", List.of("a"), new int[] {9}, List.of(), new float[0]))
            .contains("token_type[0] is 9"));
    assertTrue(
        refusal(lists("llama", List.of("<0x4>"), new int[] {6}, List.of(), new float[1]))
            .contains("'<0x4>'"));
  }

  @Test
  void aSpecialIdOutsideTheVocabularyIsRefused() {
    var message =
        refusal(new ByteVocabulary().lists("gpt-2", ByteVocabulary.bosAndEos(0, 256, false)));
    assertEquals(
        "The EOS token id is 256, outside the vocabulary of 256 tokens. Convert or download the"
            + " model again.",
        message);
    var missing = new SpecialIds(OptionalInt.empty(), OptionalInt.empty(), List.of(), true, false);
    assertTrue(
        refusal(new ByteVocabulary().lists("gpt-2", missing))
            .contains("no tokenizer.ggml.bos_token_id"));
  }

  @Test
  void ofTwoTokensWithTheSameSpellingTheFirstIsFound() {
    var vocabulary = new ByteVocabulary().merge("\"", "\\").add("\"\\", 1);
    try (var tokenizer = Tokenizer.of(vocabulary.lists("gpt-2"))) {
      assertArrayEquals(new int[] {vocabulary.idOf("\"\\")}, tokenizer.encode("\"\\", false, false));
    }
  }

  @Test
  void aMergeThatLooksLikeACommentIsAMerge() {
    var vocabulary = new ByteVocabulary();
    var piece = "#";
    for (var letter : "version".split("")) {
      vocabulary.merge(piece, letter);
      piece += letter;
    }
    vocabulary.merge(piece, "s");
    try (var tokenizer = Tokenizer.of(vocabulary.lists("llama-bpe"))) {
      assertArrayEquals(new int[] {vocabulary.idOf("#versions")}, tokenizer.encode("#versions", false, false));
    }
  }

  @Test
  void noMergeMakesAControlToken() {
    var vocabulary = new ByteVocabulary().add("ab", 3).mergeOnly("a", "b");
    try (var tokenizer = Tokenizer.of(vocabulary.lists("llama-bpe", SpecialIds.NONE))) {
      assertEquals(2, tokenizer.encode("ab", false, false).length);
      assertArrayEquals(new int[] {vocabulary.idOf("ab")}, tokenizer.encode("ab", false, true));
    }
  }

  @Test
  void metadataGiveTheListsAndTheIds() {
    var values =
        new TreeMap<String, Object>(
            Map.of("tokenizer.ggml.model", "gpt2", "tokenizer.ggml.pre", "llama-bpe"));
    values.put("tokenizer.ggml.tokens", List.of("a", "b", "ab", "<s>"));
    values.put("tokenizer.ggml.token_type", new long[] {1, 1, 1, 3});
    values.put("tokenizer.ggml.merges", List.of("a b"));
    values.put("tokenizer.ggml.bos_token_id", 3);
    values.put("tokenizer.ggml.eot_token_id", 2);
    values.put("tokenizer.ggml.padding_token_id", 0xFFFF_FFFFL);
    values.put("tokenizer.ggml.eos_token_id", 0xFFFF_FFFFL);
    try (var tokenizer =
        Tokenizer.of(VocabularySource.of(Metadata.of(Path.of("m.gguf"), values)))) {
      assertArrayEquals(
          new int[] {3, 2},
          tokenizer.encode("ab", true, false),
          "this way of cutting adds BOS by itself");
      assertArrayEquals(new int[] {2}, tokenizer.endOfGeneration());
      assertEquals("<s>", tokenizer.bosText());
    }
    values.put("tokenizer.ggml.add_bos_token", false);
    try (var tokenizer =
        Tokenizer.of(VocabularySource.of(Metadata.of(Path.of("m.gguf"), values)))) {
      assertArrayEquals(new int[] {2}, tokenizer.encode("ab", true, false));
    }
  }

  @Test
  void aSpaceIsPutBeforeTheStartOfTheTextOnly() throws IOException {
    try (var tokenizer = json(SPACE_FIRST.formatted("first", "first"))) {
      assertArrayEquals(new int[] {0, 5, 7, 3}, tokenizer.encode("a<tool>a", true, true));
      assertArrayEquals(new int[] {5}, tokenizer.encode(" a", false, true));
      assertArrayEquals(new int[] {7, 3}, tokenizer.encode("<tool>a", false, true));
      assertEquals("a", tokenizer.decode(new int[] {0, 5}, true));
    }
  }

  @Test
  void aSpaceIsPutBeforeEveryStretch() throws IOException {
    try (var tokenizer = json(SPACE_FIRST.formatted("always", "always"))) {
      assertArrayEquals(new int[] {0, 5, 7, 5}, tokenizer.encode("a<tool>a", true, true));
    }
  }

  @Test
  void anAddedTokenTakesTheWhiteSpaceThatBelongsToIt() throws IOException {
    try (var tokenizer = json(SPACE_FIRST.formatted("never", "never"))) {
      assertArrayEquals(new int[] {3, 1, 4}, tokenizer.encode("a \u00A0<mask>\n b", false, true));
      assertArrayEquals(new int[] {6}, tokenizer.encode("s", false, false));
      assertEquals(8, tokenizer.vocabularySize());
    }
  }

  @Test
  void settingsNameTokensByTextAndEndsById() throws IOException {
    var file = folder.resolve("tokenizer.json");
    Files.writeString(file, SPACE_FIRST.formatted("never", "never"));
    var ids = new SpecialIds(OptionalInt.of(1), OptionalInt.of(7), List.of(7, 1), false, false);
    try (var tokenizer = Tokenizer.of(new VocabularySource.JsonFile(file, ids, "<s>", null))) {
      assertEquals("<s>", tokenizer.bosText());
      assertNull(tokenizer.eosText());
      assertArrayEquals(new int[] {1, 7}, tokenizer.endOfGeneration());
    }
    try (var tokenizer = Tokenizer.of(new VocabularySource.JsonFile(file, ids, null, null))) {
      assertEquals("<mask>", tokenizer.bosText());
      assertEquals("<tool>", tokenizer.eosText());
    }
  }

  @Test
  void aModelWithoutATokenizerIsRefused() {
    var metadata = Metadata.of(Path.of("folder"), Map.of());
    var refusal = assertThrows(IllegalArgumentException.class, () -> VocabularySource.of(metadata));
    assertTrue(refusal.getMessage().startsWith("folder has no tokenizer."), refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"model\": | is not valid JSON",
        "[] | does not hold a JSON object",
        "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {}}} | model.type is 'WordPiece'",
        "{\"model\": {\"type\": \"BPE\", \"vocab\": {}, \"merges\": []}, \"decoder\": {\"type\":"
            + " \"CTC\"}} | decoder is [CTC]",
        "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": -1}}, \"decoder\": {\"type\":"
            + " \"ByteLevel\"}} | the token 'a' has the id -1",
        "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a b\"]},"
            + " \"decoder\": {\"type\": \"ByteLevel\"}} | out of vocabulary"
      })
  void aTokenizerJsonThatMakesNoSenseIsRefused(String text, String reason) {
    var message =
        assertThrows(IllegalArgumentException.class, () -> json(text).close()).getMessage();
    assertTrue(message.contains(reason), message);
  }

  private Tokenizer json(String text) throws IOException {
    var file = folder.resolve("tokenizer.json");
    Files.writeString(file, text);
    return Tokenizer.of(new VocabularySource.JsonFile(file, SpecialIds.NONE, null, null));
  }

  private static VocabularySource.Lists lists(
      String model, List<String> tokens, int[] types, List<String> merges, float[] scores) {
    return new VocabularySource.Lists(
        model, "gpt-2", tokens, types, merges, scores, false, SpecialIds.NONE);
  }

  private static String refusal(VocabularySource source) {
    return assertThrows(IllegalArgumentException.class, () -> Tokenizer.of(source).close())
        .getMessage();
  }
}
