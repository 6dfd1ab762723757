package io.headrace.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.engine.Outbox;
import io.headrace.generation.DecodingRecord;
import io.headrace.generation.Failure;
import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.Strategy;
import io.headrace.generation.Timings;
import io.headrace.generation.TokenCounts;
import io.headrace.generation.TokenLogprobs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All events of one request, gathered and checked for their order. */
public final class Answer {
  /** What may not depend on company, chunks, caches, preemption or drafts. */
  public record Content(
      List<Integer> tokens,
      List<TokenLogprobs> logprobs,
      List<TokenLogprobs> promptLogprobs,
      @Nullable FinishReason reason,
      int generated) {}

  private static final Duration PATIENCE = Duration.ofSeconds(300);

  private final List<Integer> tokens = new ArrayList<>();
  private final List<TokenLogprobs> logprobs = new ArrayList<>();
  private final List<TokenLogprobs> promptLogprobs = new ArrayList<>();
  private boolean started;
  private @Nullable FinishReason reason;
  private @Nullable Failure failure;
  private @Nullable TokenCounts counts;
  private @Nullable Timings timings;

  private Answer() {}

  /** Waits for the last event. */
  public static Answer await(Outbox outbox) throws InterruptedException {
    var answer = new Answer();
    while (!outbox.ended()) {
      GenerationEvent event = outbox.poll(PATIENCE);
      if (event == null)
        throw new AssertionError("no event of " + outbox.id() + " within " + PATIENCE);
      answer.add(event);
    }
    return answer;
  }

  /** Takes what is there, without waiting. */
  public static Answer drained(Outbox outbox) {
    var answer = new Answer();
    GenerationEvent event;
    while ((event = outbox.poll()) != null) answer.add(event);
    return answer;
  }

  private void add(GenerationEvent event) {
    if (ended()) throw new AssertionError("an event after the last: " + event);
    switch (event) {
      case GenerationEvent.Started _ -> {
        if (started) throw new AssertionError("started twice");
        started = true;
      }
      case GenerationEvent.PromptScored scored -> {
        if (!promptLogprobs.isEmpty() || !tokens.isEmpty())
          throw new AssertionError("scores come once and first");
        promptLogprobs.addAll(scored.tokens());
      }
      case GenerationEvent.Committed committed -> {
        if (!started) throw new AssertionError("tokens before the start");
        for (int token : committed.tokens().toArray()) tokens.add(token);
        logprobs.addAll(committed.logprobs());
      }
      case GenerationEvent.Finished finished -> {
        reason = finished.reason();
        counts = finished.counts();
        timings = finished.timings();
      }
      case GenerationEvent.Failed failed -> failure = failed.failure();
    }
  }

  /** {@code N_D = (N - N_T) + N_X}, for every strategy. */
  public static void expectSums(List<DecodingRecord> records) {
    for (DecodingRecord record : records) {
      assertEquals(record.drafted(), record.tokens() - record.passes() + record.discarded(), record::toString);
      assertTrue(record.discarded() >= 0 && record.accepted() >= 0, record::toString);
      assertTrue(record.strategy() != Strategy.PLAIN || record.drafted() == 0 && record.tokens() == record.passes(), record::toString);
    }
  }

  public Content content() {
    if (failure != null) throw new AssertionError("it failed: " + failure);
    return new Content(tokens, logprobs, promptLogprobs, reason, counts().generated());
  }

  public boolean ended() {
    return reason != null || failure != null;
  }

  public List<Integer> tokens() {
    return tokens;
  }

  public @Nullable FinishReason reason() {
    return reason;
  }

  public @Nullable Failure failure() {
    return failure;
  }

  public TokenCounts counts() {
    if (counts == null) throw new AssertionError("it did not finish: " + failure);
    return counts;
  }

  public Timings timings() {
    if (timings == null) throw new AssertionError("it did not finish: " + failure);
    return timings;
  }
}
