package io.headrace.text;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.text.TokenizerParts.AddedToken;
import io.headrace.text.TokenizerParts.LeadingSpace;
import io.headrace.weights.Utf8Strings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a tokenizer from the lists of a GGUF file: writes the tokenizer.json that the native
 * library takes.
 *
 * <p>Control tokens are left out of it, so no text can merge into one. User-defined and unused
 * tokens are left out as well unless merges make them.
 *
 * <p>Vocabulary and merges, a hundred thousand strings, are written as text, without a tree of
 * nodes: a server that starts has not compiled much of what it runs. Byte-level ones are first
 * copied as they lie in the file, {@linkplain #quickly without a look at them}.
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
    var root = root();
    root.set("normalizer", scheme.normalizer());
    root.set("pre_tokenizer", scheme.json());
    var model = bpe().put("ignore_merges", scheme.takesWholeTokens());
    root.set("model", model);
    var type = model.remove("type"); // said, the library makes a tree of the whole model first: a quarter of its time
    var quick = quickly(root, vocabulary, Utf8Strings.of(lists.tokens()), Utf8Strings.of(lists.merges()));
    model.set("type", type);
    return parts(quick, () -> carefully(root, vocabulary, lists), vocabulary, lists.specials(), LeadingSpace.NONE);
  }

  private static String carefully(ObjectNode root, Vocabulary vocabulary, VocabularySource.Lists lists) {
    var merges = new ArrayList<Merge>(lists.merges().size());
    for (var line : lists.merges()) {
      merges.add(Merge.parse(line, merges.size()));
    }
    return json(root, vocabulary, mergeable(vocabulary, merges), merges);
  }

  /**
   * The same definition where every merge is of tokens that plain text may become, as in nearly all files; one that the library refuses
   * where not. Merges stand as in the file, the older of the forms it knows, which it reads in two thirds of the time. Null where they
   * are not just two pieces and a space, or a string is not UTF-8.
   */
  private static byte @Nullable [] quickly(ObjectNode root, Vocabulary vocabulary, Utf8Strings tokens, Utf8Strings merges) {
    var json = new AsciiJson(4 * (tokens.bytes().length + merges.bytes().length) + 4096);
    json.node(root);
    json.open();
    json.open(); // the whole and its model, which is the last in it
    json.raw(",\"vocab\":{");
    var kinds = vocabulary.kinds();
    for (int id = tokens.size() - 1; id >= 0; id--) { // of two with the same spelling, the library takes the last
      if (kinds.get(id) != TokenKind.NORMAL && kinds.get(id) != TokenKind.BYTE) {
        continue;
      }
      if (!json.string(tokens.bytes(), tokens.start(id), tokens.end(id))) {
        return null;
      }
      json.mark(':');
      json.number(id);
      json.mark(',');
    }
    json.end('}');
    json.raw(",\"merges\":[");
    var pairs = merges.bytes();
    for (int i = 0; i < merges.size(); i++) {
      int start = merges.start(i);
      int end = merges.end(i);
      int spaces = 0;
      for (int at = start; at < end; at++) {
        if (pairs[at] == ' ') spaces++;
      }
      boolean twoPieces = spaces == 1 && pairs[start] != ' ' && pairs[end - 1] != ' ';
      if (!twoPieces || pairs[start] == '#' && merges.get(i).startsWith("#version") || !json.string(pairs, start, end)) {
        return null; // the library takes lines that begin with #version for comments
      }
      json.mark(',');
    }
    json.end(']');
    json.raw("}}");
    return json.take();
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
    var model = bpe().put("byte_fallback", true).put("fuse_unk", true);
    var merges = ScoredMerges.of(vocabulary, lists.scores());
    var ids = mergeable(vocabulary, merges);
    addUnknown(model, ids, vocabulary);
    root.set("model", model);
    var json = json(root, vocabulary, ids, merges);
    return parts(
        null,
        () -> json,
        vocabulary,
        lists.specials(),
        lists.addSpacePrefix() ? LeadingSpace.EVERY_STRETCH : LeadingSpace.NONE);
  }

  private static TokenizerParts parts(
      byte @Nullable [] quick,
      Supplier<String> json,
      Vocabulary vocabulary,
      SpecialIds specials,
      LeadingSpace leadingSpace) {
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
        quick,
        json,
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

  private static ObjectNode bpe() {
    var model = JSON.objectNode().put("type", "BPE");
    model
        .putNull("dropout")
        .putNull("unk_token")
        .putNull("continuing_subword_prefix")
        .putNull("end_of_word_suffix");
    return model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
  }

  /** A definition as text, up to where its model, the last in it, would end. */
  private static String opened(ObjectNode root) {
    var json = root.toString();
    return json.substring(0, json.length() - 2);
  }

  /** The whole definition: {@code root}, and in its model the ids and merges. */
  private static String json(
      ObjectNode root, Vocabulary vocabulary, Map<String, Integer> ids, List<Merge> merges) {
    var json = new StringBuilder(64 * (ids.size() + 1)).append(opened(root));
    var quote = JsonStringEncoder.getInstance();
    json.append(",\"vocab\":{");
    for (var entry : ids.entrySet()) {
      json.append('"');
      quote.quoteAsString(entry.getKey(), json);
      json.append("\":").append(entry.getValue().intValue()).append(',');
    }
    closeList(json, '}');
    json.append(",\"merges\":[");
    var controls = controls(vocabulary);
    for (int i = 0; i < merges.size(); i++) {
      var merge = merges.get(i);
      if (ids.containsKey(merge.left())
          && ids.containsKey(merge.right())
          && ids.containsKey(merge.whole())) {
        json.append("[\"");
        quote.quoteAsString(merge.left(), json);
        json.append("\",\"");
        quote.quoteAsString(merge.right(), json);
        json.append("\"],");
      } else if (merge.pieces().noneMatch(controls::contains)) {
        throw new IllegalArgumentException(
            ("tokenizer.ggml.merges[%d] joins '%s' and '%s', but tokenizer.ggml.tokens "
                    + "lacks one of them or '%s'. Convert the model again.")
                .formatted(i, merge.left(), merge.right(), merge.whole()));
      }
    }
    closeList(json, ']');
    return json.append("}}").toString();
  }

  /** Ends a list whose entries each end in a comma. */
  private static void closeList(StringBuilder json, char end) {
    if (json.charAt(json.length() - 1) == ',') {
      json.setLength(json.length() - 1);
    }
    json.append(end);
  }

  /** The tokens that plain text may become, by spelling; the first of two with the same one. */
  private static Map<String, Integer> mergeable(Vocabulary vocabulary, List<Merge> merges) {
    Set<String> merged = doubtful(vocabulary);
    if (!merged.isEmpty()) {
      Set<String> made = new HashSet<>();
      for (var merge : merges) {
        if (merged.contains(merge.left())) made.add(merge.left());
        if (merged.contains(merge.right())) made.add(merge.right());
        if (merged.contains(merge.whole())) made.add(merge.whole());
      }
      merged = made;
    }
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

  /** The tokens that are in only when merges make or use them. */
  private static Set<String> doubtful(Vocabulary vocabulary) {
    Set<String> texts = new HashSet<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      var kind = vocabulary.kinds().get(id);
      if (kind == TokenKind.USER_DEFINED || kind == TokenKind.UNUSED) {
        texts.add(vocabulary.texts().get(id));
      }
    }
    return texts;
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
  private static void addUnknown(
      ObjectNode model, Map<String, Integer> ids, Vocabulary vocabulary) {
    int id = vocabulary.kinds().indexOf(TokenKind.UNKNOWN);
    if (id >= 0) {
      model.put("unk_token", vocabulary.texts().get(id));
      ids.put(vocabulary.texts().get(id), id);
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
    var kinds = new TokenKind[tokens];
    for (int id = 0; id < tokens; id++) {
      kinds[id] =
          lists.types().length == 0 ? TokenKind.NORMAL : TokenKind.ofGguf(lists.types()[id], id);
    }
    return Arrays.asList(kinds);
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
