package io.headrace.intake;

import io.headrace.engine.Outbox;
import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.TokenIds;
import io.headrace.generation.TokenLogprobs;
import io.headrace.text.StopMatcher;
import io.headrace.text.StreamingDetokenizer;
import io.headrace.text.Tokenizer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Turns one request's tokens into text. Text that could still change (part of a character, the beginning of a stop string) is held
 * back, and with it the details of the tokens it came from.
 *
 * <p>Thread: one reader.
 */
final class TextChoice implements LiveChoice {
  private final GenerationRequest request;
  private final Outbox outbox;
  private final TokenTexts texts;
  private final StreamingDetokenizer detokenizer;
  private final StopMatcher stops;
  private final Queue<GenerationPiece> ready = new ArrayDeque<>();
  private PieceTokens held;
  private int tokens;

  TextChoice(GenerationRequest request, Outbox outbox, Tokenizer tokenizer, TokenTexts texts) {
    this.request = request;
    this.outbox = outbox;
    this.texts = texts;
    this.held = new PieceTokens(texts);
    this.detokenizer = tokenizer.detokenizer(true);
    this.stops = new StopMatcher(request.stop().strings(), request.stop().includeStopString());
  }

  @Override
  public TokenIds prompt() {
    return request.prompt();
  }

  @Override
  public @Nullable GenerationPiece next(Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (ready.isEmpty()) {
      GenerationEvent event = outbox.poll(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
      if (event == null) return null;
      accept(event);
    }
    return ready.remove();
  }

  @Override
  public @Nullable GenerationPiece poll() {
    while (ready.isEmpty()) {
      GenerationEvent event = outbox.poll();
      if (event == null) return null;
      accept(event);
    }
    return ready.remove();
  }

  @Override
  public void listen(boolean every, Runnable hook) {
    outbox.listen(every, hook);
  }

  private void accept(GenerationEvent event) {
    switch (event) {
      case GenerationEvent.Started _ -> {}
      case GenerationEvent.PromptScored(List<TokenLogprobs> scored) ->
          ready.add(new GenerationPiece.PromptScored(scored.stream().map(token -> texts.detail(token, null)).toList()));
      case GenerationEvent.Committed committed -> commit(committed);
      case GenerationEvent.Finished finished -> {
        release(detokenized(finished.reason()));
        ready.add(new GenerationPiece.End(finished.reason(), finished.counts(), finished.timings()));
      }
      case GenerationEvent.Failed(var failure) -> ready.add(new GenerationPiece.Fault(failure));
    }
  }

  private void commit(GenerationEvent.Committed committed) {
    TokenIds ids = committed.tokens();
    held.add(committed);
    String text = "";
    for (int i = 0; i < ids.size(); i++) text = text.concat(text(ids.get(i)));
    if (!text.isEmpty()) release(text);
  }

  private String text(int id) {
    String piece = detokenizer.push(id);
    // Stop strings are looked for in what comes after the least number of tokens, as the engine does.
    return ++tokens > request.stop().minTokens() ? stops.push(piece) : piece;
  }

  private String detokenized(FinishReason reason) {
    if (reason instanceof FinishReason.StopString) return "";
    return stops.push(detokenizer.finish()) + stops.finish();
  }

  private void release(String text) {
    if (text.isEmpty() && held.isEmpty()) return;
    ready.add(new GenerationPiece.Text(text, held));
    held = new PieceTokens(texts);
  }
}
