package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.StrategySource;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.DecodingRecord;
import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.RequestId;
import io.headrace.generation.Strategy;
import io.headrace.model.Model;
import io.headrace.testing.AccentedModel;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A target, a small base and two experts that were trained from it, in one engine. */
final class FusionLawTest {
  private static final int VOCABULARY = 40;
  private static final Set<Integer> END = Set.of(3);
  private static final DecodingChoice.Fusion DYNAMIC = fusion(OptionalDouble.empty(), "maths", "law");
  private static final List<GenerationRequest> REQUESTS = Requests.mixed(21, 40, VOCABULARY, 60, 60);

  @Test
  void withWeightZeroTheOutputIsThatOfPlainDecoding() throws InterruptedException {
    List<Answer> plain;
    try (Engine engine = engine(600, EngineOptions.defaults(END))) {
      plain = Engines.answers(engine, REQUESTS);
    }
    try (Engine engine = engine(600, EngineOptions.defaults(END))) {
      List<Answer> fused = Engines.answers(engine, decoded(fusion(OptionalDouble.of(0), "maths", "law")));
      for (int i = 0; i < REQUESTS.size(); i++) assertEquals(plain.get(i).content(), fused.get(i).content());
    }
  }

  @Test
  void withTheBaseAsTargetTheOutputIsTheExperts() throws InterruptedException {
    // The engine's target is the base's twin here.
    List<Companion> companions = List.of(small("base", 600, 0, 0), small("maths", 600, 1, 6));
    try (Engine engine = engine(ScriptedModel.withBlocks(600), companions, EngineOptions.defaults(END))) {
      List<Answer> expert = Engines.answers(engine, decoded(new DecodingChoice.Companion("maths")));
      List<Answer> fused = Engines.answers(engine, decoded(fusion(OptionalDouble.empty(), "maths")));
      for (int i = 0; i < REQUESTS.size(); i++) {
        assertEquals(expert.get(i).content(), fused.get(i).content());
        if (fused.get(i).counts().generated() > 0) assertEquals(1, record(fused.get(i)).meanWeight());
      }
    }
  }

  @Test
  void theOutputIsTheSameAloneInCompanyInChunksAndAfterPreemption() throws InterruptedException {
    List<Answer.Content> alone = new ArrayList<>();
    for (GenerationRequest request : decoded(DYNAMIC)) {
      try (Engine engine = engine(64, EngineOptions.defaults(END).withPrefixCache(false))) {
        alone.add(Engines.answers(engine, List.of(request)).getFirst().content());
      }
    }
    for (int blocks : new int[] {600, 24}) {
      for (int chunk : new int[] {7, 512}) {
        try (Engine engine = engine(blocks, EngineOptions.defaults(END).withPrefillChunk(chunk))) {
          for (int round = 0; round < 2; round++) { // the second finds prefixes
            List<Answer> answers = Engines.answers(engine, decoded(DYNAMIC));
            for (int i = 0; i < alone.size(); i++) assertEquals(alone.get(i), answers.get(i).content());
          }
          if (blocks == 24) assertTrue(engine.snapshot().preemptions() > 0, "nothing was preempted");
          Engines.expectNothingHeld(engine);
        }
      }
    }
  }

  @Test
  void plainRequestsInTheSameBatchesAreLeftAlone() throws InterruptedException {
    List<Answer> plain;
    try (Engine engine = engine(600, EngineOptions.defaults(END))) {
      plain = Engines.answers(engine, REQUESTS);
    }
    List<GenerationRequest> mixed = new ArrayList<>(REQUESTS);
    List<GenerationRequest> fused = decoded(DYNAMIC);
    for (int i = 1; i < mixed.size(); i += 2) mixed.set(i, fused.get(i));
    try (Engine engine = engine(600, EngineOptions.defaults(END))) {
      List<Answer> answers = Engines.answers(engine, mixed);
      int changed = 0;
      for (int i = 0; i < mixed.size(); i++) {
        if (i % 2 == 0) assertEquals(plain.get(i).content(), answers.get(i).content());
        else if (!plain.get(i).tokens().equals(answers.get(i).tokens())) changed++;
      }
      assertTrue(changed > 5, "fusion changed hardly anything");
      Engines.expectNothingHeld(engine);
    }
  }

  @Test
  void logProbabilitiesAreThoseOfTheFusedRow() throws InterruptedException {
    GenerationRequest request = Requests.scored(Requests.plain("x", 20, 1, 2, 3), 3, -1);
    try (Engine engine = engine(64, EngineOptions.defaults(END))) {
      Answer plain = Engines.answers(engine, List.of(request)).getFirst();
      Answer fused = Engines.answers(engine, List.of(Requests.decoded(request, fusion(OptionalDouble.of(1.5), "law")))).getFirst();
      assertNotEquals(plain.content().logprobs(), fused.content().logprobs());
      // Greedy: what was chosen is what the log-probabilities find most likely.
      for (var token : fused.content().logprobs()) assertEquals(token.token(), token.top().getFirst().token());
    }
  }

  @Test
  void recordsSayHowFarAndWithWhom() throws InterruptedException {
    try (Engine engine = engine(64, EngineOptions.defaults(END))) {
      Answer answer = Engines.answers(engine, List.of(Requests.decoded(Requests.plain("x", 30, 1, 2, 3), DYNAMIC))).getFirst();
      DecodingRecord record = record(answer);
      assertEquals(30, answer.counts().generated());
      assertEquals(29, record.passes()); // the first token is the prompt's
      assertEquals(record.passes(), record.tokens());
      assertTrue(record.meanWeight() > 0 && record.meanWeight() <= DecodingChoice.MOST_ALPHA);
      assertEquals(4, answer.timings().models().size());
      for (var model : answer.timings().models()) assertEquals(30, model.tokens());
      assertTrue(engine.snapshot().decoding(Strategy.FUSION).get("decoding_weights").doubleValue() > 0);
    }
  }

  @Test
  void aCancelledFusionFreesEverything() throws InterruptedException {
    try (Engine engine = engine(200, EngineOptions.defaults(END))) {
      List<Outbox> outboxes = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        GenerationRequest request = Requests.decoded(Requests.plain("c" + i, 400, 1, 2, i), DYNAMIC);
        outboxes.add(engine.submit(request));
      }
      while (engine.snapshot().generationTokens() < 20) Thread.onSpinWait(); // some run by now, some may wait
      for (int i = 0; i < 12; i++) engine.cancel(new RequestId("c" + i));
      for (Outbox outbox : outboxes) assertInstanceOf(FinishReason.Cancelled.class, Answer.await(outbox).reason());
      Engines.expectNothingHeld(engine);
    }
  }

  @Test
  void modelsThatAreNotThereAreNamed() {
    try (Engine engine = engine(64, EngineOptions.defaults(END))) {
      GenerationRequest request = Requests.decoded(Requests.plain("x", 5, 1), new DecodingChoice.Fusion("base", List.of("poetry"), OptionalDouble.empty()));
      EngineRefusal refusal = assertThrows(EngineRefusal.class, () -> engine.submit(request));
      assertEquals(EngineRefusal.Reason.DECODING, refusal.reason());
      assertTrue(refusal.getMessage().contains("poetry"), refusal.getMessage());
    }
  }

  private static DecodingRecord record(Answer answer) {
    return answer.timings().decoding().stream().filter(record -> record.strategy() == Strategy.FUSION).findFirst().orElse(new DecodingRecord(Strategy.FUSION, 1, 1, 0, 0, 0, 0, 0, 1));
  }

  private static DecodingChoice.Fusion fusion(OptionalDouble alpha, String... experts) {
    return new DecodingChoice.Fusion("base", List.of(experts), alpha);
  }

  private static List<GenerationRequest> decoded(DecodingChoice choice) {
    return REQUESTS.stream().map(request -> Requests.decoded(request, choice)).toList();
  }

  private static Companion small(String name, int blocks, int voice, float strength) {
    return new Companion(name, new AccentedModel(ScriptedModel.withBlocks(blocks), AccentedModel.voice(voice, strength)));
  }

  private static Engine engine(int blocks, EngineOptions options) {
    List<Companion> companions = List.of(small("base", blocks, 0, 0), small("maths", blocks, 1, 6), small("law", blocks, 2, 6));
    return engine(new AccentedModel(ScriptedModel.withBlocks(blocks), AccentedModel.voice(9, 5)), companions, options);
  }

  private static Engine engine(Model target, List<Companion> companions, EngineOptions options) {
    return Engines.of(target, companions, options, StrategySource.ofChoice(null, companions.stream().map(Companion::name).toList()));
  }
}
