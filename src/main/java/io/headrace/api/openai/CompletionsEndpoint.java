package io.headrace.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.api.http.EventFrame;
import io.headrace.api.http.EventStream;
import io.headrace.api.http.Exchange;
import io.headrace.api.http.Json;
import io.headrace.intake.FrontDesk;
import io.headrace.intake.GenerationPiece;
import io.headrace.intake.LiveGeneration;
import io.headrace.intake.TokenDetail;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/completions}, as one document or as a stream; {@code echo} puts the prompt in front. */
public final class CompletionsEndpoint {
  private final FrontDesk desk;
  private final String fingerprint;

  public CompletionsEndpoint(FrontDesk desk, String fingerprint) {
    this.desk = desk;
    this.fingerprint = fingerprint;
  }

  public void handle(Exchange exchange) throws InterruptedException {
    CompletionCall call = CompletionCall.read(exchange.id(), exchange.body());
    Choices.answer(exchange, desk, call.call(), call.shared().stream(), live -> new Answer(call, live, exchange.id()));
  }

  /** One call on its way out. Per-choice state is only touched by that choice's reader. */
  private final class Answer implements Choices.Answer {
    private final CompletionCall call;
    private final SharedFields shared;
    private final LiveGeneration live;
    private final LogprobsJson logprobsJson;
    private final Accounting accounting;
    private final String id;
    private final long created = System.currentTimeMillis() / 1000;
    private final int[] offset;
    private final boolean[] echoed;
    private final @Nullable EventFrame[] frames;

    Answer(CompletionCall call, LiveGeneration live, String requestId) {
      this.call = call;
      this.shared = call.shared();
      this.live = live;
      this.logprobsJson = new LogprobsJson(shared.tokensAsIds(), shared.timings());
      this.accounting = new Accounting(shared.choices());
      this.id = "cmpl-" + requestId;
      this.offset = new int[live.choices().size()];
      this.echoed = new boolean[live.choices().size()];
      this.frames = new EventFrame[live.choices().size()];
    }

    @Override
    public void whole(Exchange exchange) throws InterruptedException {
      List<List<GenerationPiece>> all = Choices.collect(exchange, live);
      if (all == null) return;
      ObjectNode root = head();
      ArrayNode choices = root.putArray("choices");
      for (int i = 0; i < all.size(); i++) {
        StringBuilder text = new StringBuilder();
        List<TokenDetail> tokens = new ArrayList<>();
        List<TokenDetail> output = new ArrayList<>();
        ObjectNode choice = choices.addObject().put("index", i);
        if (call.echo()) echo(i, text, tokens, all.get(i));
        for (GenerationPiece piece : all.get(i)) {
          switch (piece) {
            case GenerationPiece.Text(String part, List<TokenDetail> details) -> {
              text.append(part);
              if (call.logprobs() >= 0) tokens.addAll(details);
              if (shared.returnTokenIds()) output.addAll(details);
            }
            case GenerationPiece.End end -> {
              accounting.add(i, end);
              ChatCompletionsEndpoint.finish(choice, end);
            }
            case GenerationPiece.PromptScored _, GenerationPiece.Fault _ -> {}
          }
        }
        choice.put("text", text.toString());
        if (call.logprobs() >= 0) choice.set("logprobs", logprobsJson.completion(tokens, 0));
        else choice.putNull("logprobs");
        ids(choice, i, output, true);
      }
      root.set("usage", accounting.usage());
      if (shared.timings()) root.set("timings", accounting.timings());
      exchange.answer(root);
    }

    private void echo(int index, StringBuilder text, List<TokenDetail> tokens, List<GenerationPiece> pieces) {
      text.append(promptText(index));
      for (GenerationPiece piece : pieces) {
        if (piece instanceof GenerationPiece.PromptScored(List<TokenDetail> scored)) tokens.addAll(scored);
      }
    }

    private String promptText(int index) {
      return Exchange.require(desk.detokenize(live.model(), live.choices().get(index).prompt()));
    }

    @Override
    public void stream(EventStream events) throws InterruptedException {
      boolean whole = Choices.stream(events, live, (choice, piece) -> piece(events, choice, piece));
      if (!whole) return;
      if (shared.includeUsage()) {
        ObjectNode last = head();
        last.putArray("choices");
        last.set("usage", accounting.usage());
        if (shared.timings()) last.set("timings", accounting.timings());
        if (!events.send(last)) return;
      }
      events.done();
    }

    private boolean piece(EventStream events, int index, GenerationPiece piece) throws InterruptedException {
      return switch (piece) {
        case GenerationPiece.PromptScored(List<TokenDetail> scored) -> {
          echoed[index] = true;
          yield send(events, index, promptText(index), scored, List.of());
        }
        case GenerationPiece.Text(String text, List<TokenDetail> tokens) -> {
          if (!echoPrompt(events, index)) yield false;
          if (text.isEmpty() && call.logprobs() < 0 && !shared.returnTokenIds()) yield true;
          yield send(events, index, text, tokens, tokens);
        }
        case GenerationPiece.End end -> {
          if (!echoPrompt(events, index)) yield false;
          accounting.add(index, end);
          ObjectNode chunk = chunk(index, "");
          ChatCompletionsEndpoint.finish((ObjectNode) chunk.get("choices").get(0), end);
          if (shared.timings() && !shared.includeUsage()) chunk.set("timings", accounting.timings());
          yield events.send(chunk);
        }
        case GenerationPiece.Fault _ -> true;
      };
    }

    private boolean echoPrompt(EventStream events, int index) throws InterruptedException {
      if (!call.echo() || echoed[index]) return true;
      echoed[index] = true;
      return send(events, index, promptText(index), List.of(), List.of());
    }

    private boolean send(
        EventStream events, int index, String text, List<TokenDetail> scored, List<TokenDetail> output)
        throws InterruptedException {
      if (call.logprobs() < 0 && !shared.returnTokenIds()) return events.send(frame(index), text);
      ObjectNode chunk = chunk(index, text);
      ObjectNode choice = (ObjectNode) chunk.get("choices").get(0);
      if (call.logprobs() >= 0) choice.set("logprobs", logprobsJson.completion(scored, offset[index]));
      ids(choice, index, output, offset[index] == 0);
      offset[index] += text.codePointCount(0, text.length());
      return events.send(chunk);
    }

    /** A chunk with text and nothing beside it. */
    private EventFrame frame(int index) {
      EventFrame known = frames[index];
      if (known != null) return known;
      EventFrame frame = EventFrame.of(chunk(index, EventFrame.TEXT));
      frames[index] = frame;
      return frame;
    }

    private ObjectNode chunk(int index, String text) {
      ObjectNode root = head();
      root.putArray("choices").addObject().put("index", index).put("text", text).putNull("logprobs").putNull("finish_reason");
      if (shared.includeUsage()) root.putNull("usage");
      return root;
    }

    private void ids(ObjectNode choice, int index, List<TokenDetail> output, boolean withPrompt) {
      if (!shared.returnTokenIds()) return;
      ChatCompletionsEndpoint.tokenIds(choice, output);
      if (!withPrompt) return;
      ArrayNode prompt = choice.putArray("prompt_token_ids");
      for (int id : live.choices().get(index).prompt().toArray()) prompt.add(id);
    }

    private ObjectNode head() {
      return Json.object()
          .put("id", id)
          .put("object", "text_completion")
          .put("created", created)
          .put("model", live.model())
          .put("system_fingerprint", fingerprint);
    }
  }
}
