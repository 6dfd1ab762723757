package io.headrace.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.text.TokenizerParts.AddedToken;
import io.headrace.text.TokenizerParts.LeadingSpace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes a tokenizer from a {@code tokenizer.json}: takes out what this package does itself (added
 * tokens, post-processing) and hands the rest to the native library as it stands, so normalisers
 * and cutting patterns are the model's own.
 *
 * <p>Serves models of type BPE, which all the architectures here use, with byte-level or
 * SentencePiece spelling.
 */
final class JsonTokenizer {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * Far above any vocabulary; a sparse id near the end of int would otherwise ask for gigabytes.
   */
  private static final int MOST_TOKENS = 1 << 22;

  private final Path file;
  private final ObjectNode root;
  private final List<String> texts = new ArrayList<>();
  private final List<TokenKind> kinds = new ArrayList<>();

  private JsonTokenizer(Path file, ObjectNode root) {
    this.file = file;
    this.root = root;
  }

  static TokenizerParts parts(VocabularySource.JsonFile source) {
    return new JsonTokenizer(source.file(), read(source.file())).assemble(source);
  }

  private TokenizerParts assemble(VocabularySource.JsonFile source) {
    if (!(root.get("model") instanceof ObjectNode model)
        || !model.path("type").asText("BPE").equals("BPE")
        || !(model.get("vocab") instanceof ObjectNode vocab)) {
      throw wrong(
          "model.type is '"
              + root.path("model").path("type").asText()
              + "'; this server knows BPE");
    }
    var spelling = spelling(root.path("decoder"));
    var unknown = model.path("unk_token").asText("");
    for (var entry : vocab.properties()) {
      boolean bytes = spelling == Vocabulary.Spelling.SENTENCE_PIECE;
      put(
          entry.getValue(),
          entry.getKey(),
          bytes ? Vocabulary.ordinaryKind(entry.getKey()) : TokenKind.NORMAL);
    }
    var added = added();
    removeControls(model, vocab, unknown);
    var processor = PostProcessor.of(root.path("post_processor"), added);
    var leadingSpace = takeLeadingSpace();
    model.putNull("dropout"); // a random choice of merges, for training only
    root.putArray("added_tokens");
    root.putNull("post_processor").putNull("truncation").putNull("padding");
    var vocabulary = Vocabulary.of(texts, kinds, spelling);
    var specials = specials(source);
    specials.checkWithin(vocabulary.size());
    if (processor.isEmpty()) {
      processor =
          new PostProcessor(
              listed(specials.addBos(), specials.bos()), listed(specials.addEos(), specials.eos()));
    }
    return new TokenizerParts(
        null,
        root::toString,
        vocabulary,
        added,
        processor.prefix(),
        processor.suffix(),
        leadingSpace,
        specials);
  }

  /** Where the tokenizer's settings name tokens by their text, only those count. */
  private SpecialIds specials(VocabularySource.JsonFile source) {
    var given = source.specials();
    if (source.bosText() == null && source.eosText() == null) {
      return given;
    }
    return new SpecialIds(
        idOf(source.bosText()),
        idOf(source.eosText()),
        given.ends(),
        given.addBos(),
        given.addEos());
  }

  private OptionalInt idOf(@Nullable String text) {
    int id = text == null ? -1 : texts.indexOf(text);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  private List<AddedToken> added() {
    var added = new ArrayList<AddedToken>();
    for (var token : root.path("added_tokens")) {
      var text = token.path("content").asText("");
      boolean control = token.path("special").asBoolean();
      put(token.path("id"), text, control ? TokenKind.CONTROL : TokenKind.USER_DEFINED);
      if (!text.isEmpty()) {
        added.add(
            new AddedToken(
                token.path("id").intValue(),
                text,
                control,
                token.path("lstrip").asBoolean(),
                token.path("rstrip").asBoolean()));
      }
    }
    return added;
  }

  private void put(JsonNode id, String text, TokenKind kind) {
    if (!id.isInt() || id.intValue() < 0 || id.intValue() >= MOST_TOKENS) {
      throw wrong(
          "the token '%s' has the id %s, not a number from 0 to %d"
              .formatted(text, id, MOST_TOKENS - 1));
    }
    while (texts.size() <= id.intValue()) {
      texts.add("");
      kinds.add(TokenKind.UNUSED);
    }
    texts.set(id.intValue(), text);
    kinds.set(id.intValue(), kind);
  }

  /**
   * So that no plain text becomes a control token; the unknown token stays, where the model needs
   * it.
   */
  private void removeControls(ObjectNode model, ObjectNode vocab, String unknown) {
    Set<String> removed = new HashSet<>();
    for (int id = 0; id < texts.size(); id++) {
      var text = texts.get(id);
      if (kinds.get(id) == TokenKind.CONTROL
          && !text.equals(unknown)
          && vocab.remove(text) != null) {
        removed.add(text);
      }
    }
    if (model.get("merges") instanceof ArrayNode merges && !removed.isEmpty()) {
      var kept = merges.arrayNode();
      merges.forEach(
          merge -> {
            if (merge(merge, kept.size()).pieces().noneMatch(removed::contains)) {
              kept.add(merge);
            }
          });
      model.set("merges", kept);
    }
  }

  private Merge merge(JsonNode merge, int index) {
    return merge.isArray() && merge.size() == 2
        ? new Merge(merge.get(0).asText(), merge.get(1).asText())
        : Merge.parse(merge.asText(), index);
  }

  private Vocabulary.Spelling spelling(JsonNode decoder) {
    var types = types(decoder, "decoders");
    if (types.contains("ByteLevel")) {
      return Vocabulary.Spelling.BYTE_LEVEL;
    }
    if (types.contains("Metaspace") || types.contains("Replace")) {
      return Vocabulary.Spelling.SENTENCE_PIECE;
    }
    throw wrong(
        "decoder is %s; this server knows ByteLevel, Metaspace and SentencePiece's Replace"
            .formatted(types));
  }

  /**
   * Finds where a space is added. A Metaspace that adds one at the very start of a text would add
   * it to each stretch that the library is given, so it is told never to, and the tokenizer does
   * it.
   */
  private LeadingSpace takeLeadingSpace() {
    if (types(root.path("normalizer"), "normalizers").contains("Prepend")) {
      return LeadingSpace.EVERY_STRETCH;
    }
    for (var step : steps(root.path("pre_tokenizer"), "pretokenizers")) {
      if (step instanceof ObjectNode metaspace && step.path("type").asText().equals("Metaspace")) {
        boolean adds = step.path("add_prefix_space").asBoolean(true);
        switch (step.path("prepend_scheme").asText(adds ? "always" : "never")) {
          case "first" -> {
            metaspace.put("prepend_scheme", "never").remove("add_prefix_space");
            return LeadingSpace.START_OF_TEXT;
          }
          case "always" -> {
            return LeadingSpace.EVERY_STRETCH;
          }
          default -> {
            return LeadingSpace.NONE;
          }
        }
      }
    }
    return LeadingSpace.NONE;
  }

  static List<JsonNode> steps(JsonNode node, String listName) {
    var steps = new ArrayList<JsonNode>();
    if (node.path("type").asText().equals("Sequence")) {
      node.path(listName).forEach(steps::add);
    } else if (node.isObject()) {
      steps.add(node);
    }
    return steps;
  }

  private static List<String> types(JsonNode node, String listName) {
    return steps(node, listName).stream().map(step -> step.path("type").asText()).toList();
  }

  private static List<Integer> listed(boolean wanted, OptionalInt id) {
    return wanted && id.isPresent() ? List.of(id.getAsInt()) : List.of();
  }

  private static ObjectNode read(Path file) {
    try {
      if (MAPPER.readTree(file.toFile()) instanceof ObjectNode root) {
        return root;
      }
      throw new IllegalArgumentException(
          file + " is not a tokenizer.json: it does not hold a JSON object.");
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private IllegalArgumentException wrong(String reason) {
    return new IllegalArgumentException("%s cannot be used: %s.".formatted(file, reason));
  }
}
