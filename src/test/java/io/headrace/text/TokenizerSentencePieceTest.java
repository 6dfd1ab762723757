package io.headrace.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Vocabularies of the family llama give SentencePiece's own ids.
 *
 * <p>The golden file was made with sentencepiece 0.2.3: two BPE models of 700 pieces with byte
 * fallback, trained on the text of the perplexity measurement (identity normalisation, white space
 * kept, digits split), one with a dummy prefix and one without.
 */
final class TokenizerSentencePieceTest {
  private static final JsonNode MODELS = GoldenLines.of("sentencepiece.json").getFirst();

  @ParameterizedTest
  @ValueSource(strings = {"withSpacePrefix", "withoutSpacePrefix"})
  void scoresGiveTheIdsOfSentencePiece(String name) {
    var model = MODELS.path(name);
    try (var tokenizer = tokenizer(name)) {
      assertTrue(model.path("lines").size() >= 50);
      for (var line : model.path("lines")) {
        assertArrayEquals(
            GoldenLines.ids(line),
            tokenizer.encode(line.path("text").asText(), false, false),
            line::toString);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"withSpacePrefix", "withoutSpacePrefix"})
  void decodingGivesTheTextBackWhereItHasNoSpaceMarkOfItsOwn(String name) {
    try (var tokenizer = tokenizer(name)) {
      for (var line : MODELS.path(name).path("lines")) {
        var text = line.path("text").asText();
        assertEquals(text.replace("\u2581", " "), tokenizer.decode(GoldenLines.ids(line), true));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"withSpacePrefix", "withoutSpacePrefix"})
  void theTextOfAByteOrControlTokenIsPlainText(String name) {
    try (var tokenizer = tokenizer(name)) {
      for (var text : List.of("<0x41>", "<s>", "</s>", "<unk>")) {
        var ids = tokenizer.encode(text, false, false);
        assertTrue(ids.length > 1, text);
        assertEquals(text, tokenizer.decode(ids, true));
      }
      assertArrayEquals(new int[] {1, 2}, tokenizer.encode("<s></s>", false, true));
      assertEquals("", tokenizer.decode(new int[] {1, 2}, true));
      assertEquals("<s></s>", tokenizer.decode(new int[] {1, 2}, false));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"withSpacePrefix", "withoutSpacePrefix"})
  void aContinuationKeepsItsLeadingSpace(String name) {
    try (var tokenizer = tokenizer(name)) {
      int[] ids = tokenizer.encode(name.equals("withSpacePrefix") ? "the" : " the", false, false);
      var detokenizer = tokenizer.detokenizer(true);
      var text = new StringBuilder();
      for (int id : ids) {
        text.append(detokenizer.push(id));
      }
      assertEquals(" the", text + detokenizer.finish());
    }
  }

  private static Tokenizer tokenizer(String name) {
    var model = MODELS.path(name);
    var tokens = new ArrayList<String>();
    model.path("tokens").forEach(token -> tokens.add(token.asText()));
    var types = new int[tokens.size()];
    var scores = new float[tokens.size()];
    for (int id = 0; id < types.length; id++) {
      types[id] = model.path("types").get(id).intValue();
      scores[id] = model.path("scores").get(id).floatValue();
    }
    boolean prefix = name.equals("withSpacePrefix");
    return Tokenizer.of(
        new VocabularySource.Lists(
            "llama", null, tokens, types, List.of(), scores, prefix, SpecialIds.NONE));
  }
}
