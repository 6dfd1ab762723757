package io.headrace.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.api.http.Exchange;
import io.headrace.api.http.Json;
import io.headrace.api.http.JsonFields;
import io.headrace.api.http.RefusedCall;
import io.headrace.api.openai.ChatMessages;
import io.headrace.generation.TokenIds;
import io.headrace.intake.FrontDesk;
import io.headrace.intake.Prompt;

/** {@code POST /tokenize}, {@code /detokenize} and {@code /apply-template}: what the model's text handling does, without generating. */
public final class TextEndpoints {
  private final FrontDesk desk;

  public TextEndpoints(FrontDesk desk) {
    this.desk = desk;
  }

  /** Tokens of {@code prompt}, or of {@code messages} after the chat template. */
  public void tokenize(Exchange exchange) {
    JsonFields body = exchange.body();
    String model = body.string("model");
    boolean texts = body.bool("return_token_strs", false);
    boolean special = body.bool("add_special_tokens", true);
    boolean parse = body.bool("parse_special", true);
    Prompt prompt;
    if (body.has("messages")) {
      if (body.has("prompt")) throw RefusedCall.malformed("prompt", "cannot be given together with messages");
      prompt = ChatMessages.readWithTools(body);
    } else {
      prompt = new Prompt.Text(body.requiredString("prompt"), special, parse);
    }
    body.refuseUnknown();
    FrontDesk.Tokenised tokenised = Exchange.require(desk.tokenize(model, prompt));
    ObjectNode root = Json.object().put("count", tokenised.ids().size()).put("max_model_len", tokenised.window());
    ArrayNode tokens = root.putArray("tokens");
    for (int i = 0; i < tokenised.ids().size(); i++) tokens.add(tokenised.ids().get(i));
    if (texts) {
      ArrayNode strings = root.putArray("token_strs");
      tokenised.texts().forEach(strings::add);
    } else {
      root.putNull("token_strs");
    }
    exchange.answer(root);
  }

  public void detokenize(Exchange exchange) {
    JsonFields body = exchange.body();
    String model = body.string("model");
    int[] ids = body.integers("tokens", Integer.MAX_VALUE);
    if (ids == null) throw RefusedCall.malformed("tokens", "is required");
    body.refuseUnknown();
    exchange.answer(Json.object().put("prompt", Exchange.require(desk.detokenize(model, TokenIds.of(ids)))));
  }

  public void applyTemplate(Exchange exchange) {
    JsonFields body = exchange.body();
    String model = body.string("model");
    Prompt.Chat chat = ChatMessages.readWithTools(body);
    body.refuseUnknown();
    exchange.answer(Json.object().put("prompt", Exchange.require(desk.applyTemplate(model, chat))));
  }
}
