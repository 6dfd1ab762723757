package io.headrace.text;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.headrace.text.TokenizerParts.LeadingSpace;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Text to token ids and back, as the model was trained.
 *
 * <p>Text is cut at added tokens first, here: control tokens (only when asked for) and user-defined
 * ones become their ids, the leftmost first and of those the longest. Each stretch of plain text
 * between is normalised, cut and merged on its own by Hugging Face's Rust tokenizers through DJL,
 * which is given no control token at all: so a user's text that spells {@code <|im_end|>} is text,
 * unless the caller says otherwise.
 *
 * <p>Not every text comes back from its ids: normalisers compose characters, and some vocabularies
 * lack bytes, which are then dropped (SmolLM2 lacks 21).
 *
 * <p>Thread: immutable, for any number of threads at once, until {@link #close}, which must come
 * after the last call.
 */
public final class Tokenizer implements AutoCloseable {
  private static final Map<String, String> PLAIN =
      Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false");

  private final HuggingFaceTokenizer merger;
  private final Vocabulary vocabulary;
  private final AddedTokenFinder alwaysFound;
  private final AddedTokenFinder foundWhenParsing;
  private final ControlTextGuard guard;
  private final List<Integer> prefix;
  private final List<Integer> suffix;
  private final LeadingSpace leadingSpace;
  private final SpecialIds specials;
  private final int[] endOfGeneration;

  private Tokenizer(TokenizerParts parts) {
    this.vocabulary = parts.vocabulary();
    this.alwaysFound =
        new AddedTokenFinder(parts.added().stream().filter(token -> !token.control()).toList());
    this.foundWhenParsing = new AddedTokenFinder(parts.added());
    this.guard = new ControlTextGuard(new AddedTokenFinder(parts.added().stream().filter(token -> token.control()).toList()));
    this.prefix = parts.prefix();
    this.suffix = parts.suffix();
    this.leadingSpace = parts.leadingSpace();
    this.specials = parts.specials();
    this.endOfGeneration = EndTokens.of(vocabulary, specials);
    this.merger = merger(parts);
  }

  /**
   * Builds a tokenizer; a fifth of a second for a vocabulary of 50,000 in a process that has just started.
   *
   * @throws IllegalArgumentException if the source does not make sense or is of a kind this server
   *     does not know; the message names the field
   * @throws IllegalStateException if the native library cannot be loaded on this machine
   */
  public static Tokenizer of(VocabularySource source) {
    var parts =
        switch (source) {
          case VocabularySource.Lists lists -> ListedTokenizer.parts(lists);
          case VocabularySource.JsonFile file -> JsonTokenizer.parts(file);
        };
    return new Tokenizer(parts);
  }

  /**
   * System properties that keep DJL quiet: no telemetry, no downloads, no search for a GPU, and its
   * native library (15 MB, unpacked once) in a folder of ours. They must be set before the first
   * tokenizer is made.
   *
   * @param cache a folder that may be written; made when it is not there
   */
  public static Map<String, String> nativeSettings(Path cache) {
    return Map.of(
        "ai.djl.offline", "true",
        "offline", "true", // counts even where the environment says DJL_OFFLINE=false
        "OPT_OUT_TRACKING", "true",
        "RUST_FLAVOR", "cpu",
        "jna.noclasspath", "true", // or it unpacks a library and runs ldconfig to look for CUDA
        "DJL_CACHE_DIR", cache.toString(),
        "ENGINE_CACHE_DIR", cache.toString());
  }

  /**
   * The ids of a text.
   *
   * @param text any; half a surrogate pair counts as U+FFFD
   * @param addSpecialTokens whether to put what the model wants around a text (such as BOS)
   * @param parseSpecial whether the text of a control token becomes that token; only for text that
   *     the server itself wrote
   */
  public int[] encode(String text, boolean addSpecialTokens, boolean parseSpecial) {
    return encode(text, addSpecialTokens, parseSpecial, false);
  }

  /**
   * The ids of a rendered conversation: control tokens are those that the template wrote, and the marks of {@link
   * #controlTextGuard} are dropped from the text between them.
   */
  public int[] encodeRendered(String text) {
    return encode(text, false, true, true);
  }

  /** Hides control tokens in messages before they are rendered. */
  public ControlTextGuard controlTextGuard() {
    return guard;
  }

  private int[] encode(String text, boolean addSpecialTokens, boolean parseSpecial, boolean dropMarks) {
    var whole = Surrogates.replaceLone(text);
    var finder = parseSpecial ? foundWhenParsing : alwaysFound;
    var ids = IntStream.builder();
    if (addSpecialTokens) {
      prefix.forEach(ids::add);
    }
    int from = 0;
    for (var found = finder.next(whole, 0); found != null; found = finder.next(whole, from)) {
      merge(plain(whole.substring(from, found.start()), dropMarks), from == 0, ids);
      ids.add(found.id());
      from = found.end();
    }
    merge(plain(whole.substring(from), dropMarks), from == 0, ids);
    if (addSpecialTokens) {
      suffix.forEach(ids::add);
    }
    return ids.build().toArray();
  }

  /**
   * The text of a whole sequence: what {@link #encode} was given, where the model's tokenizer
   * allows that. Ill-formed bytes become U+FFFD. A space that the tokenizer put in front is taken
   * away again; to continue a text, use {@link #detokenizer}.
   *
   * @param skipSpecial whether control tokens print nothing instead of their text
   * @throws IllegalArgumentException for an id outside the vocabulary
   */
  public String decode(int[] ids, boolean skipSpecial) {
    var stream = new Utf8Stream();
    for (int id : ids) {
      if (!(skipSpecial && isControl(id))) {
        stream.accept(vocabulary.bytes(checked(id)));
      }
    }
    stream.finish();
    var text = stream.take();
    return leadingSpace != LeadingSpace.NONE && text.startsWith(" ") ? text.substring(1) : text;
  }

  /**
   * The bytes that a token prints, which may be a part of a character; a control token's are those
   * of its text.
   *
   * @throws IllegalArgumentException for an id outside the vocabulary
   */
  public byte[] bytesOf(int id) {
    return vocabulary.bytes(checked(id)).clone();
  }

  /** {@link #bytesOf} as text, U+FFFD for what is no whole character. */
  public String textOf(int id) {
    return Utf8Stream.decode(vocabulary.bytes(checked(id)));
  }

  /**
   * Whether a token is a mark for the model and no text.
   *
   * @throws IllegalArgumentException for an id outside the vocabulary
   */
  public boolean isControl(int id) {
    return vocabulary.kinds().get(checked(id)).isControl();
  }

  /**
   * Number of tokens; ids are from 0 to one less. The model's output may have further rows, which
   * stand for nothing.
   */
  public int vocabularySize() {
    return vocabulary.size();
  }

  /** The ids that end an answer, ascending. */
  public int[] endOfGeneration() {
    return endOfGeneration.clone();
  }

  /**
   * The id that begins a text, where the model has one (whether or not {@link #encode} adds it).
   */
  public OptionalInt bos() {
    return specials.bos();
  }

  /** The text of {@link #bos}, for chat templates. */
  public @Nullable String bosText() {
    return specials.bos().isPresent() ? vocabulary.texts().get(specials.bos().getAsInt()) : null;
  }

  /**
   * The text of the token that ends a text, for chat templates; null where the model names none.
   */
  public @Nullable String eosText() {
    return specials.eos().isPresent() ? vocabulary.texts().get(specials.eos().getAsInt()) : null;
  }

  /** A detokenizer for one answer, token by token. */
  public StreamingDetokenizer detokenizer(boolean skipSpecial) {
    return new StreamingDetokenizer(vocabulary, skipSpecial);
  }

  /**
   * Gives the native memory back. A call after it throws {@link IllegalStateException}; one during
   * it may crash.
   */
  @Override
  public void close() {
    merger.close();
  }

  private static String plain(String stretch, boolean dropMarks) {
    return dropMarks ? ControlTextGuard.unmarked(stretch) : stretch;
  }

  private void merge(String stretch, boolean first, IntStream.Builder ids) {
    if (stretch.isEmpty()) {
      return;
    }
    boolean adds = first && leadingSpace == LeadingSpace.START_OF_TEXT;
    boolean has = stretch.startsWith(" ") || stretch.startsWith(Vocabulary.SPACE_MARK);
    for (long id : merger.encode(adds && !has ? " " + stretch : stretch, false, false).getIds()) {
      ids.add((int) id);
    }
  }

  private int checked(int id) {
    if (id < 0 || id >= vocabulary.size()) {
      throw new IllegalArgumentException(
          "Token id %d is outside the vocabulary of %d tokens.".formatted(id, vocabulary.size()));
    }
    return id;
  }

  private static HuggingFaceTokenizer merger(TokenizerParts parts) {
    byte[] quick = parts.quickJson();
    if (quick != null) {
      try {
        return merger(quick);
      } catch (IllegalArgumentException refused) {
        // The long way leaves out what must not be merged, or says what is wrong.
      }
    }
    return merger(parts.mergerJson().get().getBytes(StandardCharsets.UTF_8));
  }

  private static HuggingFaceTokenizer merger(byte[] json) {
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), PLAIN);
    } catch (IOException e) {
      throw new UncheckedIOException("The tokenizer's definition cannot be read", e);
    } catch (EngineException | LinkageError e) {
      throw new IllegalStateException(
          "The native tokenizer library cannot be loaded; it needs Linux (x86-64, aarch64), macOS"
              + " (aarch64) or Windows (x86-64), and a cache folder that can be written: "
              + e.getMessage(),
          e);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          "The tokenizer's definition does not make sense: " + e.getMessage(), e);
    }
  }
}
