package io.headrace.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How byte-level BPE cuts text before it merges, by the names that GGUF files use ({@code
 * tokenizer.ggml.pre}).
 *
 * <p>The file carries only a name, so what it means is written here: the models' published
 * tokenizers, or, for {@link #DEFAULT}, what llama.cpp does with files that do not say. A name that
 * is not listed is refused: a wrong cut gives ids that the model was never trained on, and nothing
 * would show it but worse answers.
 */
enum PreTokenizer {
  /** GPT-2's pattern alone. */
  GPT2(List.of("gpt-2", "phi-2", "mpt", "olmo"), false, false, List.of()),

  /** Every digit alone, then GPT-2's pattern. */
  DIGITS_THEN_GPT2(List.of("smollm", "starcoder", "refact", "codeshell"), false, false, List.of()),

  /** The same after NFC: Cohere's tokenizer. */
  COMMAND_R(List.of("command-r"), true, false, List.of()),

  /** Numbers in groups of up to three; a whole cut that is a token is taken as it is. */
  LLAMA3(
      List.of("llama-bpe", "llama3", "llama-v3", "falcon3", "lfm2"),
      false,
      true,
      List.of(Patterns.LLAMA3)),

  /** Llama 3's pattern with ordinary merging. */
  LLAMA3_MERGING(List.of("smaug-bpe", "dbrx"), false, false, List.of(Patterns.LLAMA3)),

  /** Every digit alone, after NFC. */
  QWEN2(List.of("qwen2"), true, false, List.of(Patterns.QWEN2)),

  /** Qwen's pattern in a model that does not normalise. */
  QWEN2_AS_IS(List.of("deepseek-r1-qwen", "stablelm2"), false, false, List.of(Patterns.QWEN2)),

  /** Mistral's tokenizer since Nemo: words are also cut where lower case turns to upper case. */
  TEKKEN(List.of("tekken"), false, true, List.of(Patterns.TEKKEN)),

  /**
   * Files that do not say: punctuation, GPT-2's pattern, digits in groups of three from the left.
   */
  DEFAULT(
      List.of("default"),
      false,
      false,
      List.of("[\\p{P}\\$\\+<=>\\^~\\|]+", Patterns.GPT2, "\\p{N}+", "[0-9][0-9][0-9]"));

  private final List<String> names;
  private final boolean composes;
  private final boolean takesWholeTokens;
  private final List<String> splits;

  PreTokenizer(
      List<String> names, boolean composes, boolean takesWholeTokens, List<String> splits) {
    this.names = names;
    this.composes = composes;
    this.takesWholeTokens = takesWholeTokens;
    this.splits = splits;
  }

  /** The scheme that {@code tokenizer.ggml.pre} names; null means that the file has no such key. */
  static PreTokenizer named(@Nullable String name) {
    if (name == null) {
      return DEFAULT;
    }
    for (var scheme : values()) {
      if (scheme.names.contains(name)) {
        return scheme;
      }
    }
    throw new IllegalArgumentException(
        ("tokenizer.ggml.pre is '%s', which this server does not know; it knows %s. "
                + "Use a file of a model with one of these, or the model's safetensors "
                + "folder with its tokenizer.json.")
            .formatted(name, String.join(", ", allNames())));
  }

  /**
   * True where a cut that is a token as a whole is not merged ({@code ignore_merges} in a
   * tokenizer.json).
   */
  boolean takesWholeTokens() {
    return takesWholeTokens;
  }

  /** True where a text begins with the BOS token unless the file says otherwise. */
  boolean addsBosByDefault() {
    return this == LLAMA3;
  }

  /** The {@code normalizer} of a tokenizer.json; null for none. */
  @Nullable ObjectNode normalizer() {
    return composes ? node("NFC") : null;
  }

  /** The {@code pre_tokenizer} of a tokenizer.json. */
  ObjectNode json() {
    var steps = JsonNodeFactory.instance.arrayNode();
    if (this == DIGITS_THEN_GPT2 || this == COMMAND_R) {
      steps.add(node("Digits").put("individual_digits", true));
    }
    splits.forEach(pattern -> steps.add(split(pattern)));
    steps.add(
        node("ByteLevel")
            .put("add_prefix_space", false)
            .put("trim_offsets", true)
            .put("use_regex", splits.isEmpty())); // its own pattern is GPT-2's
    return sequence(steps);
  }

  private static Set<String> allNames() {
    var all = new TreeSet<String>();
    for (var scheme : values()) {
      all.addAll(scheme.names);
    }
    return all;
  }

  private static ObjectNode split(String pattern) {
    var split = node("Split").put("behavior", "Isolated").put("invert", false);
    split.putObject("pattern").put("Regex", pattern);
    return split;
  }

  private static ObjectNode sequence(ArrayNode steps) {
    var sequence = node("Sequence");
    sequence.set("pretokenizers", steps);
    return sequence;
  }

  private static ObjectNode node(String type) {
    return JsonNodeFactory.instance.objectNode().put("type", type);
  }

  /**
   * The published patterns, in the syntax of the native library (Oniguruma: {@code \s}, {@code
   * \p{N}} and so on are Unicode's).
   */
  private static final class Patterns {
    static final String GPT2 =
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    private static final String CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String WORD = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
    private static final String SIGNS = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
    static final String LLAMA3 = String.join("|", CONTRACTION, WORD, "\\p{N}{1,3}", SIGNS, SPACES);
    static final String QWEN2 = String.join("|", CONTRACTION, WORD, "\\p{N}", SIGNS, SPACES);
    private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
    static final String TEKKEN =
        String.join(
            "|",
            "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "*" + LOWER + "+",
            "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "+" + LOWER + "*",
            "\\p{N}",
            " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*",
            SPACES);
  }
}
