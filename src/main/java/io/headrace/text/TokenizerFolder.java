package io.headrace.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What the files beside a tokenizer.json say about special tokens.
 *
 * <p>Which token begins a text comes from {@code tokenizer_config.json} by its text, else from
 * {@code generation_config.json} or {@code config.json} by its id. The token that ends one
 * likewise; the lists of ids in the latter two all end an answer.
 */
final class TokenizerFolder {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private TokenizerFolder() {}

  static VocabularySource read(Path tokenizerJson) {
    var settings = json(tokenizerJson.resolveSibling("tokenizer_config.json"));
    var generation = json(tokenizerJson.resolveSibling("generation_config.json"));
    var config = json(tokenizerJson.resolveSibling("config.json"));
    var added = json(tokenizerJson).path("added_tokens");
    var ends = new ArrayList<Integer>(ids(generation.path("eos_token_id")));
    ends.addAll(ids(config.path("eos_token_id")));
    var begins = new ArrayList<Integer>(ids(generation.path("bos_token_id")));
    begins.addAll(ids(config.path("bos_token_id")));
    var specials =
        new SpecialIds(
            idOf(settings.path("bos_token"), added, begins),
            idOf(settings.path("eos_token"), added, ends),
            ends.stream().distinct().toList(),
            settings.path("add_bos_token").asBoolean(),
            settings.path("add_eos_token").asBoolean());
    return new VocabularySource.JsonFile(tokenizerJson, specials);
  }

  /** A token is named by its text, or by an object with its text. */
  private static OptionalInt idOf(JsonNode token, JsonNode added, List<Integer> otherwise) {
    var text = token.isObject() ? token.path("content").asText() : token.asText("");
    for (var candidate : added) {
      if (!text.isEmpty() && candidate.path("content").asText().equals(text)) {
        return OptionalInt.of(candidate.path("id").intValue());
      }
    }
    return otherwise.isEmpty() ? OptionalInt.empty() : OptionalInt.of(otherwise.getFirst());
  }

  private static List<Integer> ids(JsonNode node) {
    var ids = new ArrayList<Integer>();
    if (node.isInt()) {
      ids.add(node.intValue());
    }
    node.forEach(id -> ids.add(id.intValue()));
    return ids;
  }

  private static JsonNode json(Path file) {
    try {
      return Files.exists(file) ? MAPPER.readTree(file.toFile()) : MissingNode.getInstance();
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
