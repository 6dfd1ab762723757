package io.headrace.engine;

import static io.headrace.engine.TwoModels.LIVELY;
import static io.headrace.engine.TwoModels.alone;
import static io.headrace.engine.TwoModels.engine;
import static io.headrace.engine.TwoModels.entropy;
import static io.headrace.engine.TwoModels.large;
import static io.headrace.engine.TwoModels.mixed;
import static io.headrace.engine.TwoModels.named;
import static io.headrace.engine.TwoModels.options;
import static io.headrace.engine.TwoModels.other;
import static io.headrace.engine.TwoModels.small;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.StrategySource;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.Failure;
import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.RequestId;
import io.headrace.generation.StopRule;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What goes wrong with a companion, or ends amid a switch, concerns nobody else. */
@Timeout(300)
final class CompanionFaultTest {
  @Test
  void aCompanionThatFailsEndsOnlyThoseWhoWantedIt() throws InterruptedException {
    List<GenerationRequest> requests = TwoModels.requests();
    Map<RequestId, Answer.Content> plain = new HashMap<>();
    for (GenerationRequest request : requests) plain.put(request.id(), alone(request, large(64)));
    for (int pass : new int[] {0, 3, 10}) {
      var small = small(1_000);
      small.faultAtPass = pass;
      try (var engine = engine(List.of(large(1_000), small), options(), named("small"))) {
        List<GenerationRequest> all = mixed(requests, 1, entropy(1000, 2, 2, false));
        List<Answer> answers = Engines.answers(engine, all);
        int failed = 0;
        for (int i = 0; i < all.size(); i++) {
          if (all.get(i).decoding() instanceof DecodingChoice.Entropy) {
            if (answers.get(i).failure() == null) continue;
            assertInstanceOf(Failure.Internal.class, answers.get(i).failure());
            failed++;
          } else {
            assertEquals(plain.get(all.get(i).id()), answers.get(i).content());
          }
        }
        assertTrue(failed > 0, "nobody failed");
        Engines.expectNothingHeld(engine);
      }
    }
  }

  @Test
  void whoIsCancelledAmidASwitchLeavesNothingBehind() throws InterruptedException {
    for (int after = 1; after < 40; after += 3) {
      try (var engine = engine(List.of(large(64), small(64)), options(), named("small"))) {
        GenerationRequest request = Requests.decoded(Requests.plain("x", 400, 1, 2, 3), LIVELY);
        Outbox outbox = engine.submit(request);
        for (int i = 0; i < after; ) if (outbox.take() instanceof GenerationEvent.Committed) i++;
        engine.cancel(request.id());
        Answer answer = null;
        while (!outbox.ended()) outbox.take();
        Engines.expectNothingHeld(engine);
        answer = Answer.await(engine.submit(Requests.plain("y", 30, 1, 2, 3)));
        assertEquals(30, answer.tokens().size());
      }
    }
  }

  @Test
  void aStopStringMayLieAcrossASwitch() throws InterruptedException {
    GenerationRequest request = Requests.decoded(Requests.plain("x", 200, 1, 2, 3), LIVELY);
    List<ScriptedModel> models = List.of(large(64), small(64));
    List<Integer> whole;
    try (var engine = engine(models, options(), named("small"))) {
      whole = Answer.await(engine.submit(request)).tokens();
    }
    for (int end = 4; end < 60; end += 5) {
      String stop = "[%d][%d][%d]".formatted(whole.get(end - 3), whole.get(end - 2), whole.get(end - 1));
      try (var engine =
          Engines.of(large(64), List.of(new Companion("small", small(64))), options(), Engines::bracketed, named("small"))) {
        Answer answer = Answer.await(engine.submit(Requests.stopping(request, new StopRule(List.of(stop), Set.of(), true, 0, false))));
        assertEquals(new FinishReason.StopString(stop), answer.reason());
        assertEquals(whole.subList(0, answer.tokens().size()), answer.tokens());
      }
    }
  }

  @Test
  void whoAsksForAModelThatIsNotThereIsToldWhatIs() {
    try (var engine = engine(List.of(large(64), small(64), other(64)), options(), StrategySource.ofChoice(null, List.of("small", "other")))) {
      assertTrue(refusal(engine, entropy("", 1)).contains("small, other"), refusal(engine, entropy("", 1)));
      assertTrue(refusal(engine, entropy("tiny", 1)).contains("no companion 'tiny'"), refusal(engine, entropy("tiny", 1)));
    }
    try (var engine = engine(List.of(large(64)), options(), StrategySource.ofChoice())) {
      assertTrue(refusal(engine, LIVELY).contains("--companions"), refusal(engine, LIVELY));
    }
  }

  @Test
  void aStrategyThatWantsAModelThatIsNotThereFailsAlone() throws InterruptedException {
    StrategySource source = (request, model) -> named("small").strategyFor(request, model);
    try (var engine = engine(List.of(large(64)), options(), source)) {
      Outbox outbox = engine.submit(Requests.decoded(Requests.plain("x", 20, 1, 2, 3), entropy(1000, 1, 1, true)));
      Answer other = Answer.await(engine.submit(Requests.plain("y", 20, 1, 2, 3)));
      assertInstanceOf(Failure.Internal.class, Answer.await(outbox).failure());
      assertEquals(20, other.tokens().size());
    }
  }

  @Test
  void aCompanionThatDoesNotFitIsRefusedAtTheStart() {
    var target = large(64);
    for (Companion wrong :
        List.of(new Companion("small", small(63)), new Companion("small", ScriptedModel.withBlocks(64).withWindow(300)), new Companion("target", small(64)))) {
      assertThrows(
          IllegalArgumentException.class,
          () -> Engines.of(target, List.of(wrong), options(), StrategySource.ofChoice()));
    }
  }

  private static String refusal(Engine engine, DecodingChoice choice) {
    EngineRefusal refused = assertThrows(EngineRefusal.class, () -> engine.submit(Requests.decoded(Requests.plain("x", 5, 1), choice)));
    assertFalse(String.valueOf(refused.getMessage()).isBlank());
    return refused.getMessage();
  }
}
