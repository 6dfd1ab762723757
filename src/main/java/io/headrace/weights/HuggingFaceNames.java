package io.headrace.weights;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tensor names of Hugging Face's transformers for the llama family (llama, mistral, qwen2, qwen3),
 * as GGUF calls them.
 *
 * @see <a href="https://huggingface.co/docs/transformers/model_doc/llama">the modules</a>
 */
final class HuggingFaceNames {
  private static final Pattern OF_LAYER =
      Pattern.compile("layers\\.(0|[1-9][0-9]{0,8})\\.(.+)\\.(weight|bias)");

  private static final Map<String, String> OUTSIDE =
      Map.of(
          "embed_tokens.weight", "token_embd.weight",
          "norm.weight", "output_norm.weight",
          "lm_head.weight", "output.weight",
          "lm_head.bias", "output.bias");

  private static final Map<String, String> IN_LAYER =
      Map.ofEntries(
          Map.entry("input_layernorm", "attn_norm"),
          Map.entry("self_attn.q_proj", "attn_q"),
          Map.entry("self_attn.k_proj", "attn_k"),
          Map.entry("self_attn.v_proj", "attn_v"),
          Map.entry("self_attn.o_proj", "attn_output"),
          Map.entry("self_attn.q_norm", "attn_q_norm"),
          Map.entry("self_attn.k_norm", "attn_k_norm"),
          Map.entry("post_attention_layernorm", "ffn_norm"),
          Map.entry("mlp.gate_proj", "ffn_gate"),
          Map.entry("mlp.up_proj", "ffn_up"),
          Map.entry("mlp.down_proj", "ffn_down"));

  private HuggingFaceNames() {}

  /**
   * Whether a tensor holds nothing that metadata do not say: the rotary frequencies that old
   * checkpoints carry.
   */
  static boolean isRedundant(String name) {
    return name.endsWith(".rotary_emb.inv_freq");
  }

  /**
   * GGUF's name for a tensor; a name that is not known stays as it is, so that whoever looks for
   * leftovers sees it.
   */
  static String toGguf(String name) {
    String bare = name.startsWith("model.") ? name.substring("model.".length()) : name;
    String outside = OUTSIDE.get(bare);
    if (outside != null) return outside;
    Matcher layer = OF_LAYER.matcher(bare);
    String module = layer.matches() ? IN_LAYER.get(layer.group(2)) : null;
    return module == null ? name : "blk.%s.%s.%s".formatted(layer.group(1), module, layer.group(3));
  }
}
