package io.headrace.model;

import io.headrace.tensor.RopeTables.Pairing;
import java.util.List;

/** Qwen 2 and 2.5: Llama's layer with biases on queries, keys and values. */
record Qwen2() implements Architecture {
  @Override
  public List<String> names() {
    return List.of("qwen2");
  }

  @Override
  public Pairing pairing() {
    return Pairing.HALVES;
  }

  @Override
  public void layer(ProgramAssembly program) {
    program.norm("attn_norm");
    program.biasedQueriesKeysValues("attn_q", "attn_k", "attn_v");
    program.rope();
    program.attend();
    program.addProjection("attn_output");
    program.norm("ffn_norm");
    program.addGated("ffn_gate", "ffn_up", "ffn_down");
  }
}
