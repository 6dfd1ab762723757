package io.headrace.weights;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * What the JSON files of a Hugging Face model folder say, under GGUF's keys: {@code config.json}
 * (required), {@code generation_config.json}, {@code tokenizer_config.json} and {@code
 * chat_template.jinja}.
 *
 * <p>Where a field is absent, the default is the one transformers uses for that model type.
 */
final class HuggingFaceConfig {
  /** Model types and the architecture that GGUF files of such models name. */
  private static final Map<String, String> ARCHITECTURES =
      Map.of("llama", "llama", "mistral", "llama", "qwen2", "qwen2", "qwen3", "qwen3");

  /** transformers' default for qwen3, whose heads are not hidden size / heads wide. */
  private static final int QWEN3_HEAD_DIM = 128;

  private static final long MAX_TEMPLATE_BYTES = 16L << 20;

  private final Path folder;
  private final JsonDocument config;
  private final Map<String, Object> out = new LinkedHashMap<>();

  private HuggingFaceConfig(Path folder) {
    this.folder = folder;
    this.config = JsonDocument.read(folder.resolve("config.json"));
  }

  /**
   * Reads the files of a folder.
   *
   * @throws WeightFileException if one is malformed, or the model is none that this server knows
   */
  static HuggingFaceConfig read(Path folder) {
    HuggingFaceConfig reading = new HuggingFaceConfig(folder);
    reading.model();
    reading.tokens();
    reading.templates();
    return reading;
  }

  /** What the files say, under GGUF's keys. */
  Metadata metadata() {
    return Metadata.of(folder, out);
  }

  /**
   * Whether the output matrix is the embedding; empty where config.json leaves it to the tensors
   * that are there.
   */
  Optional<Boolean> tied() {
    return config.findFlag("tie_word_embeddings");
  }

  private void model() {
    String type =
        config.findString("model_type").orElseThrow(() -> config.missing("model_type", "a string"));
    String architecture = ARCHITECTURES.get(type);
    if (architecture == null) {
      throw config.wrong("model_type", "llama, mistral, qwen2 or qwen3; others are not supported");
    }
    if (config.find("quantization_config").isPresent()) {
      throw config.wrong(
          "quantization_config",
          "nothing: quantised safetensors are not supported; use a GGUF file");
    }
    String activation = config.findString("hidden_act").orElse("silu");
    if (!activation.equals("silu") && !activation.equals("swish")) {
      throw config.wrong("hidden_act", "silu");
    }
    String prefix = architecture + ".";
    int hidden = config.integer("hidden_size", 1);
    int heads = config.integer("num_attention_heads", 1);
    int headDim = headDim(type, hidden, heads);
    int contextLength = config.integer("max_position_embeddings", 1);
    out.put("general.architecture", architecture);
    out.put("general.name", String.valueOf(folder.toAbsolutePath().normalize().getFileName()));
    out.put(prefix + "block_count", config.integer("num_hidden_layers", 1));
    out.put(prefix + "context_length", contextLength);
    out.put(prefix + "embedding_length", hidden);
    out.put(prefix + "feed_forward_length", config.integer("intermediate_size", 1));
    out.put(prefix + "attention.head_count", heads);
    out.put(
        prefix + "attention.head_count_kv",
        config.findInteger("num_key_value_heads", 1).orElse(heads));
    out.put(prefix + "attention.key_length", headDim);
    out.put(prefix + "attention.value_length", headDim);
    out.put(
        prefix + "attention.layer_norm_rms_epsilon",
        config.findPositive("rms_norm_eps").orElse(1e-6));
    out.put(prefix + "vocab_size", config.integer("vocab_size", 1));
    slidingWindow(type).ifPresent(window -> out.put(prefix + "attention.sliding_window", window));
    HuggingFaceRope.translate(config, prefix, headDim, contextLength, out);
    out.put(SafetensorsFile.ROPE_PAIRING, "halves");
  }

  private int headDim(String type, int hidden, int heads) {
    Optional<Integer> given = config.findInteger("head_dim", 1);
    if (given.isPresent()) return given.get();
    if (type.equals("qwen3")) return QWEN3_HEAD_DIM;
    if (hidden % heads != 0) {
      throw config.wrong("num_attention_heads", "a divisor of hidden_size " + hidden);
    }
    return hidden / heads;
  }

  /**
   * Mistral always uses its window; qwen's is only used where another field says so; llama has
   * none.
   */
  private Optional<Integer> slidingWindow(String type) {
    boolean used = type.equals("mistral") || config.findFlag("use_sliding_window").orElse(false);
    return used ? config.findInteger("sliding_window", 1) : Optional.empty();
  }

  private void tokens() {
    Optional<JsonDocument> generation =
        JsonDocument.readIfPresent(folder.resolve("generation_config.json"));
    first(config.integers("bos_token_id", 0))
        .ifPresent(id -> out.put("tokenizer.ggml.bos_token_id", id));
    first(config.integers("pad_token_id", -1))
        .filter(id -> id >= 0)
        .ifPresent(id -> out.put("tokenizer.ggml.padding_token_id", id));
    long[] ofGeneration =
        generation.map(g -> g.integers("eos_token_id", 0)).orElseGet(() -> new long[0]);
    long[] ends =
        LongStream.concat(
                Arrays.stream(config.integers("eos_token_id", 0)), Arrays.stream(ofGeneration))
            .distinct()
            .toArray();
    if (ends.length > 0) {
      out.put("tokenizer.ggml.eos_token_id", ends[0]);
      out.put("tokenizer.ggml.eos_token_ids", ends);
    }
  }

  private static Optional<Long> first(long[] ids) {
    return ids.length == 0 ? Optional.empty() : Optional.of(ids[0]);
  }

  private void templates() {
    Optional<JsonDocument> tokenizer =
        JsonDocument.readIfPresent(folder.resolve("tokenizer_config.json"));
    tokenizer.ifPresent(
        t -> {
          t.findFlag("add_bos_token")
              .ifPresent(add -> out.put("tokenizer.ggml.add_bos_token", add));
          tokenText(t, "bos_token").ifPresent(text -> out.put(SafetensorsFile.BOS_TOKEN, text));
          tokenText(t, "eos_token").ifPresent(text -> out.put(SafetensorsFile.EOS_TOKEN, text));
          t.find("chat_template").ifPresent(value -> chatTemplate(t, value));
        });
    Path file = folder.resolve("chat_template.jinja");
    if (Files.isRegularFile(file)) out.put("tokenizer.chat_template", text(file));
  }

  /** A token as its text, or as an object with the text in {@code content}. */
  private static Optional<String> tokenText(JsonDocument tokenizer, String field) {
    boolean isObject = tokenizer.find(field).filter(JsonNode::isObject).isPresent();
    return isObject
        ? tokenizer.findObject(field).flatMap(token -> token.findString("content"))
        : tokenizer.findString(field);
  }

  /** One template, or a list of named ones, of which {@code default} is the one to use. */
  private void chatTemplate(JsonDocument tokenizer, JsonNode value) {
    if (value.isTextual()) {
      out.put("tokenizer.chat_template", value.textValue());
      return;
    }
    if (!value.isArray())
      throw tokenizer.wrong("chat_template", "a string or a list of named templates");
    for (JsonNode each : value) {
      JsonNode name = each.path("name");
      JsonNode template = each.path("template");
      if (!name.isTextual() || !template.isTextual()) {
        throw tokenizer.wrong(
            "chat_template", "a list of objects with the strings name and template");
      }
      String key = name.textValue().equals("default") ? "" : "." + name.textValue();
      out.put("tokenizer.chat_template" + key, template.textValue());
    }
  }

  private static String text(Path file) {
    try {
      if (Files.size(file) > MAX_TEMPLATE_BYTES) {
        throw new WeightFileException(
            file, "more than %d bytes are no chat template".formatted(MAX_TEMPLATE_BYTES));
      }
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new WeightFileException(file, "not UTF-8", e);
    } catch (IOException e) {
      throw new WeightFileException(file, "cannot be read: " + e, e);
    }
  }
}
