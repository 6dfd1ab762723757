package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.StrategySource;
import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.StopRule;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a request is answered with: where its output ends, what its prompt is scored. */
@Timeout(120)
final class EngineOutputTest {
  private static final Set<Integer> END = Set.of(3);

  private final ScriptedModel model = ScriptedModel.withBlocks(64);

  @Test
  void anOutputEndsAtTheModelsEndToken() throws InterruptedException {
    // Among many prompts some greedy output meets token 3 before its length.
    try (var engine = engine(EngineOptions.defaults(END))) {
      int stopped = 0;
      for (int i = 0; i < 20; i++) {
        GenerationRequest ignoring = Requests.plain("i" + i, 100, i, 1);
        Answer all = Answer.await(engine.submit(ignoring));
        GenerationRequest ending =
            Requests.stopping(Requests.plain("e" + i, 100, i, 1), StopRule.END_OF_TEXT);
        Answer cut = Answer.await(engine.submit(ending));
        int at = all.tokens().indexOf(3);
        if (at < 0) {
          assertEquals(new FinishReason.Length(), cut.reason());
          continue;
        }
        stopped++;
        assertEquals(new FinishReason.StopToken(3, true), cut.reason());
        assertEquals(all.tokens().subList(0, at), cut.tokens());
        assertEquals(at + 1, cut.counts().generated());
      }
      assertTrue(stopped > 5);
    }
  }

  @Test
  void aStopTokenOfTheRequestEndsItAndIsNoEndOfText() throws InterruptedException {
    try (var engine = engine(EngineOptions.defaults(END))) {
      List<Integer> all = Answer.await(engine.submit(Requests.plain("a", 30, 5))).tokens();
      int stop = all.get(10);
      var rule = new StopRule(List.of(), Set.of(stop), true, 0, false);
      Answer cut = Answer.await(engine.submit(Requests.stopping(Requests.plain("b", 30, 5), rule)));
      assertEquals(new FinishReason.StopToken(stop, false), cut.reason());
      assertEquals(all.subList(0, all.indexOf(stop)), cut.tokens());
    }
  }

  @Test
  void nothingEndsAnOutputBeforeItsLeastLength() throws InterruptedException {
    try (var engine = engine(EngineOptions.defaults(END))) {
      List<Integer> all = Answer.await(engine.submit(Requests.plain("a", 30, 5))).tokens();
      var rule = new StopRule(List.of(), Set.copyOf(all.subList(0, 5)), true, 8, false);
      Answer cut = Answer.await(engine.submit(Requests.stopping(Requests.plain("b", 30, 5), rule)));
      assertTrue(cut.tokens().size() >= 8);
      assertTrue(cut.tokens().stream().limit(8).noneMatch(rule.tokens()::contains));
    }
  }

  @Test
  void aStopStringEndsTheOutputWithTheTokenThatCompletesIt() throws InterruptedException {
    try (var engine = Engines.of(model, List.of(), EngineOptions.defaults(END), Engines::bracketed, StrategySource.ofChoice())) {
      List<Integer> all = Answer.await(engine.submit(Requests.plain("a", 30, 5))).tokens();
      String stop = "][" + all.get(11) + "]";
      int end = 1;
      while (!all.get(end).equals(all.get(11))) end++;
      Answer cut = stopAt(engine, "b", stop, 0);
      assertEquals(new FinishReason.StopString(stop), cut.reason());
      assertEquals(all.subList(0, end + 1), cut.tokens());
      assertTrue(stopAt(engine, "c", stop, end + 1).tokens().size() > end + 1);
    }
  }

  private static Answer stopAt(Engine engine, String id, String stop, int minTokens)
      throws InterruptedException {
    var rule = new StopRule(List.of(stop), Set.of(), true, minTokens, false);
    return Answer.await(engine.submit(Requests.stopping(Requests.plain(id, 30, 5), rule)));
  }

  @Test
  void scoringAPromptGivesEveryTokenButTheFirstAValue() throws InterruptedException {
    int[] prompt = new int[100];
    for (int i = 0; i < 100; i++) prompt[i] = i * 7 % 40;
    try (var engine = engine(EngineOptions.defaults(END).withPrefillChunk(33))) {
      GenerationRequest request = Requests.scored(Requests.plain("s", 0, prompt), -1, 2);
      Answer.Content content = Answer.await(engine.submit(request)).content();
      assertEquals(List.of(), content.tokens());
      assertEquals(new FinishReason.Length(), content.reason());
      assertEquals(100, content.promptLogprobs().size());
      assertTrue(Float.isNaN(content.promptLogprobs().getFirst().logprob()));
      for (int i = 1; i < 100; i++) {
        assertEquals(prompt[i], content.promptLogprobs().get(i).token());
        assertTrue(content.promptLogprobs().get(i).logprob() < 0);
        assertEquals(2, content.promptLogprobs().get(i).top().size());
      }
      // The score of a token is the log-probability it has when it is the output.
      GenerationRequest output = Requests.scored(Requests.plain("o", 20, 1, 2, 3), 0, -1);
      Answer.Content generated = Answer.await(engine.submit(output)).content();
      int[] whole = new int[23];
      for (int i = 0; i < 23; i++) whole[i] = i < 3 ? i + 1 : generated.tokens().get(i - 3);
      var scored =
          Answer.await(engine.submit(Requests.scored(Requests.plain("w", 0, whole), -1, 0)))
              .content();
      assertEquals(generated.logprobs(), scored.promptLogprobs().subList(3, 23));
    }
  }

  @Test
  void aPromptOfOneTokenIsScoredAsNothing() throws InterruptedException {
    try (var engine = engine(EngineOptions.defaults(END))) {
      var content =
          Answer.await(engine.submit(Requests.scored(Requests.plain("s", 0, 4), -1, 0))).content();
      assertEquals(1, content.promptLogprobs().size());
      content =
          Answer.await(engine.submit(Requests.scored(Requests.plain("t", 2, 4), -1, 0))).content();
      assertEquals(1, content.promptLogprobs().size());
      assertEquals(2, content.tokens().size());
    }
  }

  @Test
  void anOutboxHasOneLastEvent() throws InterruptedException {
    try (var engine = engine(EngineOptions.defaults(END))) {
      Outbox outbox = engine.submit(Requests.plain("a", 1, 1));
      assertInstanceOf(GenerationEvent.Started.class, outbox.take());
      assertInstanceOf(GenerationEvent.Committed.class, outbox.take());
      assertFalse(outbox.ended());
      assertInstanceOf(GenerationEvent.Finished.class, outbox.take());
      assertTrue(outbox.ended());
      assertNull(outbox.poll());
      assertNull(outbox.poll(Duration.ofSeconds(5)));
      assertThrows(IllegalStateException.class, outbox::take);
    }
  }

  private Engine engine(EngineOptions options) {
    return Engines.of(model, options);
  }
}
