package io.headrace.text;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.text.TokenizerParts.AddedToken;
import io.headrace.text.TokenizerParts.LeadingSpace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Makes a tokenizer from the lists of a GGUF file: writes the tokenizer.json that the native
 * library takes.
 *
 * <p>Control tokens are left out of it, so no text can merge into one. User-defined and unused
 * tokens are left out as well unless merges make them.
 */
final class ListedTokenizer {
  private static final System.Logger LOG = System.getLogger(ListedTokenizer.class.getName());
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private ListedTokenizer() {}

  static TokenizerParts parts(VocabularySource.Lists lists) {
    var kinds = kinds(lists);
    lists.specials().checkWithin(lists.tokens().size());
    return switch (lists.model()) {
      case "gpt2" -> byteLevel(lists, kinds);
      case "llama" -> sentencePiece(lists, kinds);
      default ->
          throw new IllegalArgumentException(
              ("tokenizer.ggml.model is '%s'; this server knows gpt2 (byte-level BPE) and "
                      + "llama (SentencePiece BPE).")
                  .formatted(lists.model()));
    };
  }

  private static TokenizerParts byteLevel(VocabularySource.Lists lists, List<TokenKind> kinds) {
    var vocabulary = Vocabulary.of(lists.tokens(), kinds, Vocabulary.Spelling.BYTE_LEVEL);
    var scheme = PreTokenizer.named(lists.pre());
    if (lists.pre() == null) {
      LOG.log(
          System.Logger.Level.WARNING,
          "The file has no tokenizer.ggml.pre, which says how text is cut into tokens. A default is"
              + " taken, which may not be what the model was trained with: convert the model"
              + " again.");
    }
    var merges = new ArrayList<Merge>(lists.merges().size());
    for (var line : lists.merges()) {
      merges.add(Merge.parse(line, merges.size()));
    }
    var root = root();
    root.set("normalizer", scheme.normalizer());
    root.set("pre_tokenizer", scheme.json());
    root.set("model", bpe(vocabulary, merges).put("ignore_merges", scheme.takesWholeTokens()));
    return parts(root, vocabulary, lists.specials(), LeadingSpace.NONE);
  }

  private static TokenizerParts sentencePiece(VocabularySource.Lists lists, List<TokenKind> kinds) {
    var vocabulary = Vocabulary.of(lists.tokens(), kinds, Vocabulary.Spelling.SENTENCE_PIECE);
    if (lists.scores().length != vocabulary.size()) {
      throw new IllegalArgumentException(
          ("tokenizer.ggml.scores has %d entries for %d tokens; a tokenizer of the "
                  + "family llama needs one each. Convert the model again.")
              .formatted(lists.scores().length, vocabulary.size()));
    }
    var root = root();
    var steps = JSON.arrayNode();
    if (lists.addSpacePrefix()) {
      steps.addObject().put("type", "Prepend").put("prepend", Vocabulary.SPACE_MARK);
    }
    var spaces = steps.addObject().put("type", "Replace").put("content", Vocabulary.SPACE_MARK);
    spaces.putObject("pattern").put("String", " ");
    root.putObject("normalizer").put("type", "Sequence").set("normalizers", steps);
    root.putNull("pre_tokenizer");
    var model =
        bpe(vocabulary, ScoredMerges.of(vocabulary, lists.scores()))
            .put("byte_fallback", true)
            .put("fuse_unk", true);
    addUnknown(model, vocabulary);
    root.set("model", model);
    return parts(
        root,
        vocabulary,
        lists.specials(),
        lists.addSpacePrefix() ? LeadingSpace.EVERY_STRETCH : LeadingSpace.NONE);
  }

  private static TokenizerParts parts(
      ObjectNode root, Vocabulary vocabulary, SpecialIds specials, LeadingSpace leadingSpace) {
    var added = new ArrayList<AddedToken>();
    for (int id : vocabulary.added()) {
      added.add(
          new AddedToken(
              id,
              vocabulary.texts().get(id),
              vocabulary.kinds().get(id).isControl(),
              false,
              false));
    }
    return new TokenizerParts(
        root.toString(),
        vocabulary,
        added,
        listed(specials.addBos(), "bos", specials.bos()),
        listed(specials.addEos(), "eos", specials.eos()),
        leadingSpace,
        specials);
  }

  private static ObjectNode root() {
    var root = JSON.objectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    root.putArray("added_tokens");
    root.putNull("post_processor").putNull("decoder");
    return root;
  }

  private static ObjectNode bpe(Vocabulary vocabulary, List<Merge> merges) {
    var model = JSON.objectNode().put("type", "BPE");
    model
        .putNull("dropout")
        .putNull("unk_token")
        .putNull("continuing_subword_prefix")
        .putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    var ids = mergeable(vocabulary, merges);
    var spelled = model.putObject("vocab");
    ids.forEach(spelled::put);
    var controls = controls(vocabulary);
    var pairs = model.putArray("merges");
    for (int i = 0; i < merges.size(); i++) {
      var merge = merges.get(i);
      if (ids.containsKey(merge.left())
          && ids.containsKey(merge.right())
          && ids.containsKey(merge.whole())) {
        pairs.addArray().add(merge.left()).add(merge.right());
      } else if (merge.pieces().noneMatch(controls::contains)) {
        throw new IllegalArgumentException(
            ("tokenizer.ggml.merges[%d] joins '%s' and '%s', but tokenizer.ggml.tokens "
                    + "lacks one of them or '%s'. Convert the model again.")
                .formatted(i, merge.left(), merge.right(), merge.whole()));
      }
    }
    return model;
  }

  /** The tokens that plain text may become, by spelling; the first of two with the same one. */
  private static Map<String, Integer> mergeable(Vocabulary vocabulary, List<Merge> merges) {
    Set<String> merged = new HashSet<>();
    merges.forEach(merge -> merge.pieces().forEach(merged::add));
    var ids = new HashMap<String, Integer>(vocabulary.size() * 2);
    for (int id = 0; id < vocabulary.size(); id++) {
      var text = vocabulary.texts().get(id);
      boolean included =
          switch (vocabulary.kinds().get(id)) {
            case NORMAL, BYTE -> true;
            case USER_DEFINED, UNUSED -> merged.contains(text);
            case CONTROL, UNKNOWN -> false;
          };
      if (included) {
        ids.putIfAbsent(text, id);
      }
    }
    return ids;
  }

  private static Set<String> controls(Vocabulary vocabulary) {
    var texts = new HashSet<String>();
    for (int id : vocabulary.added()) {
      if (vocabulary.kinds().get(id).isControl()) {
        texts.add(vocabulary.texts().get(id));
      }
    }
    return texts;
  }

  /**
   * Byte fallback spells everything where all 256 byte tokens exist; the unknown token is for
   * vocabularies that lack some.
   */
  private static void addUnknown(ObjectNode model, Vocabulary vocabulary) {
    int id = vocabulary.kinds().indexOf(TokenKind.UNKNOWN);
    if (id >= 0) {
      model.put("unk_token", vocabulary.texts().get(id));
      model.withObject("/vocab").put(vocabulary.texts().get(id), id);
    }
  }

  private static List<TokenKind> kinds(VocabularySource.Lists lists) {
    int tokens = lists.tokens().size();
    if (tokens == 0) {
      throw new IllegalArgumentException(
          "tokenizer.ggml.tokens is empty: this file holds no tokenizer.");
    }
    if (lists.types().length != 0 && lists.types().length != tokens) {
      throw new IllegalArgumentException(
          "tokenizer.ggml.token_type has %d entries for %d tokens. Convert the model again."
              .formatted(lists.types().length, tokens));
    }
    var kinds = new ArrayList<TokenKind>(tokens);
    for (int id = 0; id < tokens; id++) {
      kinds.add(
          lists.types().length == 0 ? TokenKind.NORMAL : TokenKind.ofGguf(lists.types()[id], id));
    }
    return kinds;
  }

  private static List<Integer> listed(boolean wanted, String name, OptionalInt id) {
    if (!wanted) {
      return List.of();
    }
    if (id.isEmpty()) {
      throw new IllegalArgumentException(
          ("The file wants the %s token added to texts but has no "
                  + "tokenizer.ggml.%s_token_id. Convert the model again.")
              .formatted(name, name));
    }
    return List.of(id.getAsInt());
  }
}
