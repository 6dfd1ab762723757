package io.headrace.model;

import io.headrace.tensor.RopeTables.Pairing;
import java.util.List;

/** Qwen 3, dense: Llama's layer with a norm of each query and key head before the rotation. */
record Qwen3() implements Architecture {
  @Override
  public List<String> names() {
    return List.of("qwen3");
  }

  @Override
  public Pairing pairing() {
    return Pairing.HALVES;
  }

  @Override
  public void layer(ProgramAssembly program) {
    program.norm("attn_norm");
    program.queriesKeysValues("attn_q", "attn_k", "attn_v");
    program.normedRope("attn_q_norm", "attn_k_norm");
    program.attend();
    program.addProjection("attn_output");
    program.norm("ffn_norm");
    program.addGated("ffn_gate", "ffn_up", "ffn_down");
  }
}
