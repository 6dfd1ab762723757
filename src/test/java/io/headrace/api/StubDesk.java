package io.headrace.api;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.DecodingRecord;
import io.headrace.generation.FinishReason;
import io.headrace.generation.Strategy;
import io.headrace.generation.TokenCounts;
import io.headrace.generation.TokenIds;
import io.headrace.generation.Timings;
import io.headrace.intake.Answer;
import io.headrace.intake.FrontDesk;
import io.headrace.intake.GenerationCall;
import io.headrace.intake.GenerationPiece;
import io.headrace.intake.LiveChoice;
import io.headrace.intake.LiveGeneration;
import io.headrace.intake.Prompt;
import io.headrace.intake.Rejection;
import io.headrace.intake.ServedModel;
import io.headrace.intake.TokenDetail;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A desk that answers with scripted pieces and records what it was asked. */
final class StubDesk implements FrontDesk {
  static final TokenIds PROMPT = TokenIds.of(1, 2, 3);

  final List<GenerationCall> calls = new ArrayList<>();
  final CountDownLatch cancelled = new CountDownLatch(1);

  /** How often a call was cancelled: when its client hangs up, and when it ends. */
  final AtomicInteger cancellations = new AtomicInteger();

  Function<GenerationCall, Answer<List<GenerationPiece>>> script = call -> Answer.of(hello());
  boolean open = true;

  /** Two pieces and an end. */
  static List<GenerationPiece> hello() {
    return List.of(
        new GenerationPiece.Text("Hello", List.of(detail(10, "Hello"))),
        new GenerationPiece.Text(" wörld", List.of(detail(11, " wörld"))),
        end(new FinishReason.StopToken(2, true), 3));
  }

  static GenerationPiece end(FinishReason reason, int generated) {
    return new GenerationPiece.End(reason, new TokenCounts(3, 1, generated), new Timings(1, 2, 3, generated, 0, true, List.of(new DecodingRecord(Strategy.NGRAM, 2, 5, 4, 3, 1_000, 3_000_000, 2_000_000, 0)), List.of()));
  }

  static TokenDetail detail(int id, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new TokenDetail(id, text, bytes, -0.5f, List.of(new TokenDetail.Alternative(id, text, bytes, -0.5f)), id == 11 ? Strategy.NGRAM : null);
  }

  @Override
  public List<ServedModel> models() {
    return List.of(new ServedModel("stub", 1_700_000_000L, 128, new DecodingChoice.Plain(), Map.of("architecture", "llama")));
  }

  @Override
  public boolean takesRequests() {
    return open;
  }

  @Override
  public Answer<LiveGeneration> submit(GenerationCall call) {
    synchronized (calls) {
      calls.add(call);
    }
    if (call.model() != null && !call.model().equals("stub")) return Answer.refused(new Rejection.UnknownModel(call.model(), List.of("stub")));
    return script
        .apply(call)
        .then(
            pieces -> {
              List<LiveChoice> choices = new ArrayList<>();
              for (int i = 0; i < call.prompts().size() * call.choicesPerPrompt(); i++) choices.add(new Scripted(pieces));
              return Answer.of(new LiveGeneration("stub", choices, this::cancel));
            });
  }

  private void cancel() {
    cancellations.incrementAndGet();
    cancelled.countDown();
  }

  @Override
  public Answer<Tokenised> tokenize(@Nullable String model, Prompt prompt) {
    String text = switch (prompt) {
      case Prompt.Text t -> t.text() + "|" + t.addSpecialTokens() + "|" + t.parseSpecial();
      case Prompt.Chat c -> "chat of " + c.messages().size();
      case Prompt.Tokens _ -> "tokens";
    };
    return Answer.of(new Tokenised(TokenIds.of(text.length()), List.of(text), 128));
  }

  @Override
  public Answer<String> detokenize(@Nullable String model, TokenIds tokens) {
    return Answer.of("text of " + tokens.size());
  }

  @Override
  public Answer<String> applyTemplate(@Nullable String model, Prompt.Chat chat) {
    return Answer.of(chat.messages() + " " + chat.tools() + " " + chat.addGenerationPrompt() + " " + chat.templateArguments());
  }

  /** Hands out its pieces, then silence. */
  private static final class Scripted implements LiveChoice {
    private final BlockingQueue<GenerationPiece> pieces = new LinkedBlockingQueue<>();

    Scripted(List<GenerationPiece> pieces) {
      this.pieces.addAll(pieces);
    }

    @Override
    public TokenIds prompt() {
      return PROMPT;
    }

    @Override
    public @Nullable GenerationPiece next(Duration patience) throws InterruptedException {
      return pieces.poll(Math.min(patience.toMillis(), 200), TimeUnit.MILLISECONDS);
    }

    @Override
    public @Nullable GenerationPiece poll() {
      return pieces.poll();
    }

    @Override
    public void listen(boolean every, Runnable hook) {
      if (!pieces.isEmpty()) hook.run();
    }
  }
}
