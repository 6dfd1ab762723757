package io.headrace.intake;

import io.headrace.generation.TokenLogprobs;
import io.headrace.generation.Strategy;
import io.headrace.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  TokenDetail detail(int id, @Nullable Strategy drafted) {
    return new TokenDetail(id, text(id), bytes(id), Float.NaN, List.of(), drafted);
  }

  TokenDetail detail(TokenLogprobs scored, @Nullable Strategy drafted) {
    List<TokenDetail.Alternative> top = new ArrayList<>(scored.top().size());
    for (TokenLogprobs.Alternative other : scored.top()) {
      top.add(new TokenDetail.Alternative(other.token(), text(other.token()), bytes(other.token()), other.logprob()));
    }
    return new TokenDetail(scored.token(), text(scored.token()), bytes(scored.token()), scored.logprob(), top, drafted);
  }

  private byte[] bytes(int id) {
    return id < tokenizer.vocabularySize() ? tokenizer.bytesOf(id) : new byte[0];
  }
}
