package io.headrace.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.intake.TokenDetail;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Log-probabilities in the shapes of chat completions and of completions. Negative infinity is written as -9999, as JSON has none. */
final class LogprobsJson {
  private static final float LOWEST = -9999f;

  private final boolean tokensAsIds;
  private final boolean drafts;

  /**
   * @param drafts whether each token says what had drafted it
   */
  LogprobsJson(boolean tokensAsIds, boolean drafts) {
    this.tokensAsIds = tokensAsIds;
    this.drafts = drafts;
  }

  /** {@code {"content": [...], "refusal": null}}. */
  ObjectNode chat(List<TokenDetail> tokens) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    ArrayNode content = node.putArray("content");
    for (TokenDetail token : tokens) {
      ObjectNode entry = content.addObject();
      describe(entry, token.id(), token.text(), token.logprob(), token.bytes());
      if (drafts) entry.put("drafted_by", drafter(token));
      ArrayNode top = entry.putArray("top_logprobs");
      for (TokenDetail.Alternative other : token.top()) {
        describe(top.addObject(), other.id(), other.text(), other.logprob(), other.bytes());
      }
    }
    node.putNull("refusal");
    return node;
  }

  /**
   * {@code {"tokens", "token_logprobs", "top_logprobs", "text_offset"}}.
   *
   * @param offset characters of the choice's text before the first token
   */
  ObjectNode completion(List<TokenDetail> tokens, int offset) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    ArrayNode texts = node.putArray("tokens");
    ArrayNode logprobs = node.putArray("token_logprobs");
    ArrayNode tops = node.putArray("top_logprobs");
    ArrayNode offsets = node.putArray("text_offset");
    ArrayNode drafters = drafts ? node.putArray("drafted_by") : null;
    int at = offset;
    for (TokenDetail token : tokens) {
      texts.add(name(token.id(), token.text()));
      offsets.add(at);
      if (drafters != null) drafters.add(drafter(token));
      at += token.text().codePointCount(0, token.text().length());
      if (Float.isNaN(token.logprob())) {
        logprobs.addNull();
        tops.addNull();
        continue;
      }
      logprobs.add(finite(token.logprob()));
      ObjectNode top = tops.addObject();
      for (TokenDetail.Alternative other : token.top()) {
        String name = name(other.id(), other.text());
        if (!top.has(name)) top.put(name, finite(other.logprob()));
      }
    }
    return node;
  }

  private void describe(ObjectNode entry, int id, String text, float logprob, byte[] bytes) {
    entry.put("token", name(id, text)).put("logprob", finite(logprob));
    ArrayNode raw = entry.putArray("bytes");
    for (byte b : bytes) raw.add(b & 0xff);
  }

  private static @Nullable String drafter(TokenDetail token) {
    return token.drafted() == null ? null : token.drafted().word();
  }

  private String name(int id, String text) {
    return tokensAsIds ? "token_id:" + id : text;
  }

  private static float finite(float logprob) {
    return logprob < LOWEST || Float.isNaN(logprob) ? LOWEST : logprob;
  }
}
