package io.headrace.weights;

import static io.headrace.weights.GgufFileTest.assertNames;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.tensor.QuantFormat;
import io.headrace.weights.SafetensorsFolder.Shard;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsFileTest {
  @TempDir Path folder;

  private SafetensorsFolder llama() {
    return SafetensorsFolder.in(folder)
        .config(SafetensorsFolder.LLAMA)
        .shard("model.safetensors", new Shard().floats("model.embed_tokens.weight", 4, 8, 0));
  }

  private Metadata metadataOf(SafetensorsFolder model) {
    try (WeightFile file = model.open()) {
      return file.metadata();
    }
  }

  @Test
  void theConfigSpeaksGguf() {
    Metadata metadata = metadataOf(llama());
    assertEquals("llama", metadata.string("general.architecture"));
    assertEquals(folder.getFileName().toString(), metadata.string("general.name"));
    assertEquals(1, metadata.integer("llama.block_count"));
    assertEquals(64, metadata.integer("llama.context_length"));
    assertEquals(8, metadata.integer("llama.embedding_length"));
    assertEquals(16, metadata.integer("llama.feed_forward_length"));
    assertEquals(4, metadata.integer("llama.attention.head_count"));
    assertEquals(2, metadata.integer("llama.attention.head_count_kv"));
    assertEquals(2, metadata.integer("llama.attention.key_length"));
    assertEquals(2, metadata.integer("llama.rope.dimension_count"));
    assertEquals(1e4, metadata.floating("llama.rope.freq_base"));
    assertEquals(1e-5, metadata.floating("llama.attention.layer_norm_rms_epsilon"));
    assertEquals(4, metadata.integer("llama.vocab_size"));
    assertEquals(1, metadata.integer("tokenizer.ggml.bos_token_id"));
    assertEquals(2, metadata.integer("tokenizer.ggml.eos_token_id"));
    assertEquals("halves", metadata.string("headrace.rope.pairing"));
    assertFalse(metadata.has("llama.rope.scaling.type"));
    assertFalse(metadata.has("tokenizer.chat_template"));
  }

  @ParameterizedTest
  @CsvSource({"llama, llama, 2", "mistral, llama, 2", "qwen2, qwen2, 2", "qwen3, qwen3, 128"})
  void eachModelTypeHasItsArchitectureAndHeadSize(String type, String architecture, int headDim) {
    Metadata metadata =
        metadataOf(
            llama().config(SafetensorsFolder.LLAMA.replace("\"llama\"", "\"" + type + "\"")));
    assertEquals(architecture, metadata.string("general.architecture"));
    assertEquals(headDim, metadata.integer(architecture + ".attention.key_length"));
  }

  @Test
  void llamaThreeScalingKeepsItsFactors() {
    Metadata metadata =
        metadataOf(
            llama()
                .configWith(
                    """
                    "rope_theta": 500000, "rope_scaling": {"rope_type": "llama3", "factor": 8,
                    "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                    "original_max_position_embeddings": 16}\
                    """));
    assertEquals(5e5, metadata.floating("llama.rope.freq_base"));
    assertEquals("llama3", metadata.string("llama.rope.scaling.type"));
    assertEquals(8, metadata.floating("llama.rope.scaling.factor"));
    assertEquals(1, metadata.floating("llama.rope.scaling.low_freq_factor"));
    assertEquals(4, metadata.floating("llama.rope.scaling.high_freq_factor"));
    assertEquals(16, metadata.integer("llama.rope.scaling.original_context_length"));
  }

  @Test
  void yarnHasItsUsualSlopesAndAnAttentionFactorRelativeToTheUsualOne() {
    Metadata plain =
        metadataOf(llama().configWith("\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4.0}"));
    assertEquals("yarn", plain.string("llama.rope.scaling.type"));
    assertEquals(64, plain.integer("llama.rope.scaling.original_context_length"));
    assertEquals(32, plain.floating("llama.rope.scaling.yarn_beta_fast"));
    assertEquals(1, plain.floating("llama.rope.scaling.yarn_beta_slow"));
    assertFalse(plain.has("llama.rope.scaling.attn_factor"));
    Metadata without =
        metadataOf(
            llama()
                .configWith(
                    """
                    "rope_parameters": {"rope_type": "yarn", "rope_theta": 7.0,
                    "original_max_position_embeddings": 16, "attention_factor": 1}\
                    """));
    assertEquals(7, without.floating("llama.rope.freq_base"));
    assertEquals(4, without.floating("llama.rope.scaling.factor"));
    double product = without.floating("llama.rope.scaling.attn_factor") * (0.1 * Math.log(4) + 1);
    assertEquals(1, product, 1e-12);
  }

  @Test
  void linearScalingHasAFactor() {
    Metadata metadata =
        metadataOf(llama().configWith("\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}"));
    assertEquals("linear", metadata.string("llama.rope.scaling.type"));
    assertEquals(2, metadata.floating("llama.rope.scaling.factor"));
  }

  @Test
  void everyEndOfTextIdIsKept() {
    Metadata metadata =
        metadataOf(
            llama()
                .config(
                    SafetensorsFolder.LLAMA.replace(
                        "\"eos_token_id\": 2", "\"eos_token_id\": [3, 2]"))
                .text("generation_config.json", "{\"eos_token_id\": [2, 0], \"top_p\": NaN}"));
    assertEquals(3, metadata.integer("tokenizer.ggml.eos_token_id"));
    assertArrayEquals(new long[] {3, 2, 0}, metadata.integers("tokenizer.ggml.eos_token_ids"));
  }

  @Test
  void theChatTemplateComesFromThreePlaces() {
    SafetensorsFolder model =
        llama()
            .text(
                "tokenizer_config.json",
                """
                {"chat_template": "one", "bos_token": {"content": "<s>"}, "eos_token": "</s>",
                 "add_bos_token": true}\
                """);
    Metadata metadata = metadataOf(model);
    assertEquals("one", metadata.string("tokenizer.chat_template"));
    assertEquals("<s>", metadata.string("headrace.tokenizer.bos_token"));
    assertEquals("</s>", metadata.string("headrace.tokenizer.eos_token"));
    assertTrue(metadata.bool("tokenizer.ggml.add_bos_token", false));
    model.text(
        "tokenizer_config.json",
        """
        {"chat_template": [{"name": "tool_use", "template": "t"},
                           {"name": "default", "template": "two"}], "bos_token": null}\
        """);
    metadata = metadataOf(model);
    assertEquals("two", metadata.string("tokenizer.chat_template"));
    assertEquals("t", metadata.string("tokenizer.chat_template.tool_use"));
    assertFalse(metadata.has("headrace.tokenizer.bos_token"));
    model.text("chat_template.jinja", "three\n");
    assertEquals("three\n", metadataOf(model).string("tokenizer.chat_template"));
  }

  @Test
  void theWindowOfAttentionIsOnlySetWhereTheModelUsesIt() {
    String window = "\"sliding_window\": 32";
    assertFalse(metadataOf(llama().configWith(window)).has("llama.attention.sliding_window"));
    Metadata used = metadataOf(llama().configWith(window + ", \"use_sliding_window\": true"));
    assertEquals(32, used.integer("llama.attention.sliding_window"));
    SafetensorsFolder mistral =
        llama()
            .config(
                SafetensorsFolder.LLAMA
                    .replace("\"llama\"", "\"mistral\"")
                    .replaceFirst("}$", ", " + window + "}"));
    assertEquals(32, metadataOf(mistral).integer("llama.attention.sliding_window"));
  }

  @Test
  void tensorsHaveTheNamesOfGguf() {
    Shard shard = new Shard();
    for (String name :
        new String[] {
          "model.embed_tokens.weight",
          "model.norm.weight",
          "lm_head.weight",
          "model.layers.12.input_layernorm.weight",
          "model.layers.12.post_attention_layernorm.weight",
          "model.layers.0.self_attn.q_proj.weight",
          "model.layers.0.self_attn.q_proj.bias",
          "model.layers.0.self_attn.k_proj.weight",
          "model.layers.0.self_attn.v_proj.bias",
          "model.layers.0.self_attn.o_proj.weight",
          "model.layers.0.self_attn.q_norm.weight",
          "model.layers.0.self_attn.k_norm.weight",
          "model.layers.0.mlp.gate_proj.weight",
          "model.layers.0.mlp.up_proj.weight",
          "model.layers.0.mlp.down_proj.weight",
          "model.layers.0.self_attn.rotary_emb.inv_freq",
          "model.layers.0.surprise.weight"
        }) {
      shard.floats(name, 1, 2, 0);
    }
    try (WeightFile file = llama().shard("model.safetensors", shard).open()) {
      Set<String> names =
          file.tensors().all().stream().map(TensorInfo::name).collect(Collectors.toSet());
      assertEquals(
          Set.of(
              "token_embd.weight",
              "output_norm.weight",
              "output.weight",
              "blk.12.attn_norm.weight",
              "blk.12.ffn_norm.weight",
              "blk.0.attn_q.weight",
              "blk.0.attn_q.bias",
              "blk.0.attn_k.weight",
              "blk.0.attn_v.bias",
              "blk.0.attn_output.weight",
              "blk.0.attn_q_norm.weight",
              "blk.0.attn_k_norm.weight",
              "blk.0.ffn_gate.weight",
              "blk.0.ffn_up.weight",
              "blk.0.ffn_down.weight",
              "model.layers.0.surprise.weight"),
          names);
    }
  }

  @Test
  void halfPrecisionTensorsKeepTheirFormat() {
    Shard shard =
        new Shard()
            .tensor("model.embed_tokens.weight", "BF16", "[2, 3]", new byte[12])
            .tensor("model.norm.weight", "F16", "[3]", new byte[6]);
    try (WeightFile file = llama().shard("model.safetensors", shard).open()) {
      assertEquals(QuantFormat.BF16, file.tensors().get("token_embd.weight", 2, 3).format());
      assertEquals(QuantFormat.F16, file.tensors().get("output_norm.weight", 1, 3).format());
      assertEquals(18, file.weightBytes());
    }
  }

  @Test
  void aTiedModelHasNoOutputMatrixOfItsOwn() {
    Shard shard =
        new Shard().floats("model.embed_tokens.weight", 4, 8, 0).floats("lm_head.weight", 4, 8, 0);
    try (WeightFile file =
        llama()
            .configWith("\"tie_word_embeddings\": true")
            .shard("model.safetensors", shard)
            .open()) {
      assertFalse(file.tensors().has("output.weight"));
    }
    try (WeightFile file = llama().shard("model.safetensors", shard).open()) {
      assertTrue(file.tensors().has("output.weight"));
    }
    assertNames(
        assertThrows(
            WeightFileException.class,
            () -> llama().configWith("\"tie_word_embeddings\": false").open()),
        "lm_head.weight",
        "tie_word_embeddings");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a-1.safetensors", "a-2.safetensors", "model.safetensors.index.json"})
  void shardsAreOneModelHoweverItIsNamed(String opened) {
    SafetensorsFolder.in(folder)
        .config(SafetensorsFolder.LLAMA)
        .shard("a-1.safetensors", new Shard().floats("model.embed_tokens.weight", 4, 8, 5))
        .shard(
            "a-2.safetensors",
            new Shard().floats("model.norm.weight", 1, 8, 9).floats("x", 1, 1, 0))
        .text(
            "model.safetensors.index.json",
            """
            {"metadata": {"total_size": 1}, "weight_map": {
              "model.embed_tokens.weight": "a-1.safetensors", "model.norm.weight": "a-2.safetensors"}}\
            """);
    try (WeightFile file = WeightFile.open(folder.resolve(opened))) {
      assertEquals(2, file.tensors().size());
      float[] norm = new float[8];
      Dequantiser.row(QuantFormat.F32, file.tensors().get("output_norm.weight").data(), 0, 8, norm);
      assertEquals(9f, norm[0]);
    }
  }

  @Test
  void tokenizerJsonIsFoundWhereItIs() {
    try (WeightFile file = llama().open()) {
      assertTrue(file.tokenizerJson().isEmpty());
    }
    try (WeightFile file = llama().text("tokenizer.json", "{}").open()) {
      assertEquals(folder.resolve("tokenizer.json"), file.tokenizerJson().orElseThrow());
    }
  }
}
