package io.headrace.model;

import io.headrace.tensor.RopeTables.Pairing;
import java.util.List;

/** Llama and the models built like it: SmolLM, Mistral. GGUF files have rows of Q and K reordered so that pairs are neighbours. */
record Llama() implements Architecture {
  @Override
  public List<String> names() {
    return List.of("llama", "smollm", "mistral");
  }

  @Override
  public Pairing pairing() {
    return Pairing.INTERLEAVED;
  }

  @Override
  public void layer(ProgramAssembly program) {
    program.norm("attn_norm");
    program.queriesKeysValues("attn_q", "attn_k", "attn_v");
    program.rope();
    program.attend();
    program.addProjection("attn_output");
    program.norm("ffn_norm");
    program.addGated("ffn_gate", "ffn_up", "ffn_down");
  }
}
