package io.headrace.text;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.testing.DefaultModel;
import io.headrace.weights.WeightFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Ids and streamed pieces equal the reference's on every line, for the real vocabulary and for
 * three kinds of small ones.
 */
final class TokenizerGoldenTest {
  @Test
  void theDefaultModelGivesTheIdsOfTheReference() {
    try (var tokenizer = Tokenizer.of(vocabularyOf(defaultModel()))) {
      var lines = GoldenLines.of("tokens.jsonl");
      assertEquals(607, lines.size());
      assertAll(lines.stream().map(line -> sameIds(tokenizer, line)));
    }
  }

  @Test
  void theDefaultModelStreamsThePiecesOfTheReference() {
    try (var tokenizer = Tokenizer.of(vocabularyOf(defaultModel()))) {
      var lines = GoldenLines.of("detokenise.jsonl");
      assertEquals(60, lines.size());
      assertAll(lines.stream().map(line -> samePieces(tokenizer, line)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "smollm, llama-f32",
    "llama-bpe, llama-rope-llama3-f16",
    "qwen2, qwen2-f32",
    "qwen2, qwen3-f32"
  })
  void theListsInAFileGiveTheIdsOfTheReference(String kind, String model) {
    try (var tokenizer = Tokenizer.of(vocabularyOf(tiny(model + ".gguf")))) {
      assertAll(linesOf(kind).stream().map(line -> sameIds(tokenizer, line)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "smollm, llama-f32",
    "llama-bpe, llama-rope-llama3-f16",
    "qwen2, qwen2-f32",
    "qwen2, qwen3-f32"
  })
  void aTokenizerJsonGivesTheIdsOfTheReference(String kind, String model) {
    var folder = tiny(model);
    try (var tokenizer = Tokenizer.of(vocabularyOf(folder))) {
      assertAll(linesOf(kind).stream().map(line -> sameIds(tokenizer, line)));
    }
  }

  @ParameterizedTest
  @CsvSource({"llama-f32", "llama-rope-llama3-f16", "qwen2-f32"})
  void bothFormsOfAVocabularyMeanTheSame(String model) {
    try (var lists = Tokenizer.of(vocabularyOf(tiny(model + ".gguf")));
        var json = Tokenizer.of(vocabularyOf(tiny(model)))) {
      assertEquals(lists.vocabularySize(), json.vocabularySize());
      assertArrayEquals(lists.endOfGeneration(), json.endOfGeneration());
      assertEquals(lists.bos(), json.bos());
      assertEquals(lists.bosText(), json.bosText());
      assertEquals(lists.eosText(), json.eosText());
      for (int id = 0; id < lists.vocabularySize(); id++) {
        assertArrayEquals(lists.bytesOf(id), json.bytesOf(id));
        assertEquals(lists.isControl(id), json.isControl(id));
      }
    }
  }

  private static Executable sameIds(Tokenizer tokenizer, JsonNode line) {
    return () ->
        assertArrayEquals(
            GoldenLines.ids(line),
            tokenizer.encode(
                line.path("text").asText(),
                line.path("add_special").asBoolean(),
                line.path("parse_special").asBoolean()),
            line::toString);
  }

  private static Executable samePieces(Tokenizer tokenizer, JsonNode line) {
    return () -> {
      boolean skipSpecial = line.path("skip_special").asBoolean();
      var detokenizer = tokenizer.detokenizer(skipSpecial);
      var pieces = new ArrayList<String>();
      for (int id : GoldenLines.ids(line)) {
        pieces.add(detokenizer.push(id));
      }
      var expected = new ArrayList<String>();
      line.path("pieces").forEach(piece -> expected.add(piece.asText()));
      assertEquals(expected, pieces, line::toString);
      assertEquals(line.path("final").asText(), detokenizer.finish(), line::toString);
      assertEquals(
          line.path("text").asText(),
          tokenizer.decode(GoldenLines.ids(line), skipSpecial),
          line::toString);
    };
  }

  private static List<JsonNode> linesOf(String kind) {
    var lines =
        GoldenLines.of("tiny/tokenisers.jsonl").stream()
            .filter(line -> line.path("kind").asText().equals(kind))
            .toList();
    assertEquals(true, lines.size() > 20);
    return lines;
  }

  private static VocabularySource vocabularyOf(Path path) {
    try (var file = WeightFile.open(path)) {
      return VocabularySource.of(file);
    }
  }

  private static Path defaultModel() {
    Optional<Path> path = DefaultModel.path();
    assumeTrue(path.isPresent(), DefaultModel.absence());
    return path.get();
  }

  private static Path tiny(String name) {
    var path = GoldenLines.path("tiny/" + name);
    assumeTrue(path.isPresent(), "the tiny model " + name + " is not among the test resources");
    return path.get();
  }
}
