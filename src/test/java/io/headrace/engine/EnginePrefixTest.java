package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.RequestId;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import io.headrace.generation.TokenCounts;
import io.headrace.generation.TokenIds;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What of a prompt is not computed again. */
@Timeout(120)
final class EnginePrefixTest {
  private static final Set<Integer> END = Set.of(3);

  private final ScriptedModel model = ScriptedModel.withBlocks(64);

  @Test
  void cachedTokensAreCountedAndNeverTheWholePrompt() throws InterruptedException {
    int[] prompt = new int[64];
    try (var engine = engine(EngineOptions.defaults(END))) {
      Answer cold = Answer.await(engine.submit(Requests.plain("a", 5, prompt)));
      Answer warm = Answer.await(engine.submit(Requests.plain("b", 5, prompt)));
      assertEquals(new TokenCounts(64, 0, 5), cold.counts());
      assertEquals(new TokenCounts(64, 48, 5), warm.counts());
      assertEquals(cold.tokens(), warm.tokens());
    }
  }

  @Test
  void outputIsFoundAsThePrefixOfTheNextTurn() throws InterruptedException {
    try (var engine = engine(EngineOptions.defaults(END))) {
      List<Integer> tokens = new ArrayList<>(List.of(1, 2, 3));
      tokens.addAll(Answer.await(engine.submit(Requests.plain("a", 60, 1, 2, 3))).tokens());
      tokens.add(9);
      int[] next = tokens.stream().mapToInt(Integer::intValue).toArray();
      assertEquals(48, Answer.await(engine.submit(Requests.plain("b", 5, next))).counts().cached());
    }
  }

  @Test
  void anotherSaltHitsNothing() throws InterruptedException {
    try (var engine = engine(EngineOptions.defaults(END))) {
      Answer.await(engine.submit(Requests.plain("a", 5, new int[64])));
      assertEquals(0, Answer.await(engine.submit(salted("b", "x"))).counts().cached());
      assertEquals(48, Answer.await(engine.submit(salted("c", "x"))).counts().cached());
    }
  }

  private static GenerationRequest salted(String id, String salt) {
    return new GenerationRequest(
        new RequestId(id),
        TokenIds.of(new int[64]),
        5,
        new Sampling.Greedy(),
        LogitAdjustments.NONE,
        StopRule.END_OF_TEXT,
        -1,
        -1,
        new DecodingChoice.Plain(),
        salt);
  }

  private Engine engine(EngineOptions options) {
    return Engines.of(model, options);
  }
}
