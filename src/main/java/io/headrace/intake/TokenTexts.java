package io.headrace.intake;

import io.headrace.generation.TokenLogprobs;
import io.headrace.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/** Tokens as callers see them. Immutable; any thread. */
final class TokenTexts {
  private final Tokenizer tokenizer;

  TokenTexts(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** A token's own text; empty for an output row beyond the vocabulary, which stands for nothing. */
  String text(int id) {
    return id < tokenizer.vocabularySize() ? tokenizer.textOf(id) : "";
  }

  TokenDetail detail(int id) {
    return new TokenDetail(id, text(id), bytes(id), Float.NaN, List.of());
  }

  TokenDetail detail(TokenLogprobs scored) {
    List<TokenDetail.Alternative> top = new ArrayList<>(scored.top().size());
    for (TokenLogprobs.Alternative other : scored.top()) {
      top.add(new TokenDetail.Alternative(other.token(), text(other.token()), bytes(other.token()), other.logprob()));
    }
    return new TokenDetail(scored.token(), text(scored.token()), bytes(scored.token()), scored.logprob(), top);
  }

  private byte[] bytes(int id) {
    return id < tokenizer.vocabularySize() ? tokenizer.bytesOf(id) : new byte[0];
  }
}
