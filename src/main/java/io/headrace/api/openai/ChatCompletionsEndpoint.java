package io.headrace.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.api.http.EventFrame;
import io.headrace.api.http.EventStream;
import io.headrace.api.http.Exchange;
import io.headrace.api.http.Json;
import io.headrace.generation.FinishReason;
import io.headrace.generation.TokenIds;
import io.headrace.intake.FrontDesk;
import io.headrace.intake.GenerationPiece;
import io.headrace.intake.LiveGeneration;
import io.headrace.intake.TokenDetail;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/chat/completions}, as one document or as a stream of chunks. */
public final class ChatCompletionsEndpoint {
  private final FrontDesk desk;
  private final String fingerprint;

  /** {@code fingerprint}: what OpenAI calls system_fingerprint, equal for equal arithmetic. */
  public ChatCompletionsEndpoint(FrontDesk desk, String fingerprint) {
    this.desk = desk;
    this.fingerprint = fingerprint;
  }

  public void handle(Exchange exchange) throws InterruptedException {
    ChatCompletionCall call = ChatCompletionCall.read(exchange.id(), exchange.body());
    Choices.answer(exchange, desk, call.call(), call.shared().stream(), live -> new Answer(call, live, exchange.id()));
  }

  /** One call on its way out. */
  private final class Answer implements Choices.Answer {
    private final SharedFields shared;
    private final boolean logprobs;
    private final LiveGeneration live;
    private final LogprobsJson logprobsJson;
    private final Accounting accounting;
    private final String id;
    private final long created = System.currentTimeMillis() / 1000;
    private final @Nullable EventFrame[] frames;

    Answer(ChatCompletionCall call, LiveGeneration live, String requestId) {
      this.shared = call.shared();
      this.logprobs = call.logprobs();
      this.live = live;
      this.logprobsJson = new LogprobsJson(shared.tokensAsIds(), shared.timings());
      this.accounting = new Accounting(shared.choices());
      this.id = "chatcmpl-" + requestId;
      this.frames = new EventFrame[live.choices().size()];
    }

    @Override
    public void whole(Exchange exchange) throws InterruptedException {
      List<List<GenerationPiece>> all = Choices.collect(exchange, live);
      if (all == null) return;
      ObjectNode root = head("chat.completion");
      ArrayNode choices = root.putArray("choices");
      for (int i = 0; i < all.size(); i++) choice(choices.addObject(), i, all.get(i));
      root.set("usage", accounting.usage());
      promptIds(root);
      if (shared.timings()) root.set("timings", accounting.timings());
      exchange.answer(root);
    }

    private void choice(ObjectNode choice, int index, List<GenerationPiece> pieces) {
      StringBuilder text = new StringBuilder();
      List<TokenDetail> tokens = new ArrayList<>();
      choice.put("index", index);
      ObjectNode message = choice.putObject("message");
      choice.putNull("logprobs");
      for (GenerationPiece piece : pieces) {
        switch (piece) {
          case GenerationPiece.Text(String part, List<TokenDetail> details) -> {
            text.append(part);
            if (logprobs || shared.returnTokenIds()) tokens.addAll(details);
          }
          case GenerationPiece.End end -> {
            accounting.add(index, end);
            finish(choice, end);
          }
          case GenerationPiece.PromptScored _, GenerationPiece.Fault _ -> {}
        }
      }
      message.put("role", "assistant").put("content", text.toString()).putNull("refusal");
      if (logprobs) choice.set("logprobs", logprobsJson.chat(tokens));
      if (shared.returnTokenIds()) tokenIds(choice, tokens);
    }

    @Override
    public void stream(EventStream events) throws InterruptedException {
      for (int i = 0; i < live.choices().size(); i++) {
        ObjectNode first = chunk(i);
        if (i == 0) promptIds(first);
        ObjectNode delta = delta(first);
        delta.put("role", "assistant").put("content", "");
        if (!events.send(first)) return;
      }
      boolean whole = Choices.stream(events, live, (choice, piece) -> piece(events, choice, piece));
      if (!whole) return;
      if (shared.includeUsage()) {
        ObjectNode last = head("chat.completion.chunk");
        last.putArray("choices");
        last.set("usage", accounting.usage());
        if (shared.timings()) last.set("timings", accounting.timings());
        if (!events.send(last)) return;
      }
      events.done();
    }

    private boolean piece(EventStream events, int index, GenerationPiece piece) throws InterruptedException {
      return switch (piece) {
        case GenerationPiece.Text(String text, List<TokenDetail> tokens) -> {
          if (!logprobs && !shared.returnTokenIds()) yield text.isEmpty() || events.send(frame(index), text);
          ObjectNode chunk = chunk(index);
          delta(chunk).put("content", text);
          ObjectNode choice = (ObjectNode) chunk.get("choices").get(0);
          if (logprobs) choice.set("logprobs", logprobsJson.chat(tokens));
          if (shared.returnTokenIds()) tokenIds(choice, tokens);
          yield events.send(chunk);
        }
        case GenerationPiece.End end -> {
          accounting.add(index, end);
          ObjectNode chunk = chunk(index);
          finish((ObjectNode) chunk.get("choices").get(0), end);
          if (shared.timings() && !shared.includeUsage()) chunk.set("timings", accounting.timings());
          yield events.send(chunk);
        }
        case GenerationPiece.PromptScored _, GenerationPiece.Fault _ -> true;
      };
    }

    /** A chunk with text and nothing beside it. */
    private EventFrame frame(int index) {
      EventFrame known = frames[index];
      if (known != null) return known;
      ObjectNode chunk = chunk(index);
      delta(chunk).put("content", EventFrame.TEXT);
      EventFrame frame = EventFrame.of(chunk);
      frames[index] = frame;
      return frame;
    }

    private ObjectNode chunk(int index) {
      ObjectNode root = head("chat.completion.chunk");
      ObjectNode choice = root.putArray("choices").addObject().put("index", index);
      choice.putObject("delta");
      choice.putNull("logprobs").putNull("finish_reason");
      if (shared.includeUsage()) root.putNull("usage");
      return root;
    }

    private static ObjectNode delta(ObjectNode chunk) {
      return (ObjectNode) chunk.get("choices").get(0).get("delta");
    }

    private ObjectNode head(String object) {
      return Json.object()
          .put("id", id)
          .put("object", object)
          .put("created", created)
          .put("model", live.model())
          .put("system_fingerprint", fingerprint);
    }

    private void promptIds(ObjectNode root) {
      if (!shared.returnTokenIds()) return;
      TokenIds prompt = live.choices().getFirst().prompt();
      ArrayNode ids = root.putArray("prompt_token_ids");
      for (int i = 0; i < prompt.size(); i++) ids.add(prompt.get(i));
    }
  }

  static void tokenIds(ObjectNode choice, List<TokenDetail> tokens) {
    ArrayNode ids = choice.putArray("token_ids");
    for (TokenDetail token : tokens) ids.add(token.id());
  }

  static void finish(ObjectNode choice, GenerationPiece.End end) {
    finish(choice, end.reason());
    if (end.cascade() != null) CascadeJson.write(choice.putObject("cascade"), end.cascade());
  }

  private static void finish(ObjectNode choice, FinishReason reason) {
    String word = reason.word();
    choice.put("finish_reason", word);
    switch (reason) {
      case FinishReason.StopString(String text) -> choice.put("stop_reason", text);
      case FinishReason.StopToken(int token, boolean endOfText) -> stopReason(choice, endOfText ? null : token);
      case FinishReason.Length _, FinishReason.Cancelled _ -> stopReason(choice, null);
    }
  }

  private static void stopReason(ObjectNode choice, @Nullable Integer token) {
    choice.put("stop_reason", token);
  }
}
