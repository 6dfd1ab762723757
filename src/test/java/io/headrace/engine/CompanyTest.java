package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.PlainDecoding;
import io.headrace.decode.StrategySource;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.RequestId;
import io.headrace.model.ModelCapabilities;
import io.headrace.testing.Answer;
import io.headrace.testing.Drafts;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One law, many arms: a request gives the same tokens and bit-equal log-probabilities alone and in
 * company, whatever the chunks, with a prefix hit and cold, after preemption, and with drafts of
 * any quality.
 */
final class CompanyTest {
  private static final int VOCABULARY = 40;
  private static final Set<Integer> END = Set.of(3);
  private static final List<GenerationRequest> REQUESTS =
      Stream.concat(
              Requests.mixed(1, 36, VOCABULARY, 150, 40).stream(), // long prompts, short answers
              Requests.mixed(2, 24, VOCABULARY, 20, 150).stream()) // and the other way round
          .toList();
  private static final Map<RequestId, Answer.Content> ALONE = new HashMap<>();

  @BeforeAll
  static void runEachAlone() throws InterruptedException {
    for (GenerationRequest request : REQUESTS) {
      var model = ScriptedModel.withBlocks(64);
      EngineOptions options = EngineOptions.defaults(END).withPrefixCache(false);
      ALONE.put(
          request.id(),
          together(model, options, StrategySource.ofChoice(), List.of(request))
              .getFirst()
              .content());
    }
  }

  static Stream<Arguments> arms() {
    List<Arguments> arms = new ArrayList<>();
    for (int batch : new int[] {1, 2, 7, 32}) {
      for (int chunk : new int[] {1, 7, 64, 512}) {
        arms.add(Arguments.of(batch, chunk, true));
        arms.add(Arguments.of(batch, chunk, false));
      }
    }
    return arms.stream();
  }

  @ParameterizedTest(name = "batch {0}, chunk {1}, prefix cache {2}")
  @MethodSource("arms")
  void aRequestGivesTheSameAloneAndInCompany(int batch, int chunk, boolean prefixCache)
      throws InterruptedException {
    var model = ScriptedModel.withBlocks(1_000);
    EngineOptions options =
        EngineOptions.defaults(END)
            .withMaxRunning(batch)
            .withPrefillChunk(chunk)
            .withPrefixCache(prefixCache);
    expectAlone(together(model, options, StrategySource.ofChoice(), REQUESTS));
    assertTrue(model.mostSequences <= batch);
  }

  @Test
  void aPrefixHitGivesTheSame() throws InterruptedException {
    var model = ScriptedModel.withBlocks(1_000);
    try (var engine = Engines.of(model, EngineOptions.defaults(END), StrategySource.ofChoice())) {
      for (int round = 0; round < 2; round++) {
        long hits = engine.snapshot().prefixHitTokens();
        expectAlone(Engines.answers(engine, REQUESTS));
        if (round == 1)
          assertTrue(engine.snapshot().prefixHitTokens() - hits > 1_000, "hardly a hit");
      }
    }
  }

  @ParameterizedTest(name = "prefix cache {0}")
  @ValueSource(booleans = {true, false})
  void preemptionGivesTheSame(boolean prefixCache) throws InterruptedException {
    var model = ScriptedModel.withBlocks(18);
    EngineOptions options = EngineOptions.defaults(END).withPrefixCache(prefixCache);
    try (var engine = Engines.of(model, options, StrategySource.ofChoice())) {
      List<Answer> answers = Engines.answers(engine, REQUESTS);
      expectAlone(answers);
      assertTrue(engine.snapshot().preemptions() > 5, "too few preemptions to mean anything");
      assertTrue(answers.stream().anyMatch(answer -> answer.timings().preemptions() > 0));
      Engines.expectNothingHeld(engine);
    }
  }

  @ParameterizedTest
  @EnumSource(Drafts.Kind.class)
  void draftsOfAnyQualityGiveTheSame(Drafts.Kind kind) throws InterruptedException {
    for (int blocks : new int[] {1_000, 20}) {
      for (int chunk : new int[] {16, 512}) {
        var model = ScriptedModel.withBlocks(blocks);
        try (var engine =
            Engines.of(model, EngineOptions.defaults(END).withPrefillChunk(chunk), drafts(kind))) {
          expectAlone(Engines.answers(engine, REQUESTS));
          assertTrue(model.treeRows > 0, "no tree was ever computed");
          Engines.expectNothingHeld(engine);
        }
        if (kind == Drafts.Kind.BUSHY_ORACLE) assertTrue(model.moved > 0, "nothing was ever moved");
        if (kind == Drafts.Kind.ADVERSARY) assertEquals(0, model.moved);
      }
    }
  }

  @Test
  void rightDraftsSavePasses() throws InterruptedException {
    GenerationRequest request = Requests.plain("x", 60, 1, 2, 3);
    EngineOptions options = EngineOptions.defaults(END).withMaxTreeNodes(6);
    Answer plain =
        together(ScriptedModel.withBlocks(64), options, StrategySource.ofChoice(), List.of(request))
            .getFirst();
    StrategySource oracle = (r, m) -> new Drafts(Drafts.Kind.ORACLE, plain.tokens(), VOCABULARY);
    Answer drafted =
        together(ScriptedModel.withBlocks(64), options, oracle, List.of(request)).getFirst();
    assertEquals(plain.content(), drafted.content());
    assertEquals(60, plain.timings().passes());
    assertEquals(
        11,
        drafted
            .timings()
            .passes()); // the prompt's pass gives 1, each further pass 6, the last the rest
  }

  @Test
  void rejectedDraftsAreNeverFoundInThePrefixCache() throws InterruptedException {
    var model = ScriptedModel.withBlocks(256);
    try (var engine = Engines.of(model, EngineOptions.defaults(END), drafts(Drafts.Kind.ADVERSARY))) {
      expectAlone(Engines.answers(engine, REQUESTS));
      // All outputs again, now as prompts whose blocks were written between rejected drafts.
      expectAlone(Engines.answers(engine, REQUESTS));
    }
  }

  @Test
  void aModelWithoutTreesIsNeverAskedForOne() throws InterruptedException {
    var model = ScriptedModel.withBlocks(256).withoutTrees();
    try (var engine = Engines.of(model, EngineOptions.defaults(END), drafts(Drafts.Kind.ORACLE))) {
      expectAlone(Engines.answers(engine, REQUESTS));
    }
  }

  @Test
  void narrowBatchesGiveTheSame() throws InterruptedException {
    var model = ScriptedModel.withBlocks(256).withLimits(24, 5, 6);
    try (var engine = Engines.of(model, EngineOptions.defaults(END), drafts(Drafts.Kind.NOISE))) {
      expectAlone(Engines.answers(engine, REQUESTS));
      assertTrue(model.mostRows <= 24 && model.mostSequences <= 5);
    }
  }

  @Test
  void theWindowEndsAnOutputWithAndWithoutDrafts() throws InterruptedException {
    int[] prompt = new int[50];
    GenerationRequest request = Requests.plain("w", 500, prompt);
    EngineOptions options = EngineOptions.defaults(END);
    Answer plain =
        together(
                ScriptedModel.withBlocks(8).withWindow(70),
                options,
                StrategySource.ofChoice(),
                List.of(request))
            .getFirst();
    assertEquals(20, plain.tokens().size());
    for (Drafts.Kind kind : Drafts.Kind.values()) {
      StrategySource source = (r, m) -> new Drafts(kind, plain.tokens(), VOCABULARY);
      Answer drafted =
          together(ScriptedModel.withBlocks(8).withWindow(70), options, source, List.of(request))
              .getFirst();
      assertEquals(plain.content(), drafted.content());
    }
  }

  private static StrategySource drafts(Drafts.Kind kind) {
    return (GenerationRequest request, ModelCapabilities model) ->
        ALONE.containsKey(request.id())
            ? new Drafts(kind, ALONE.get(request.id()).tokens(), VOCABULARY)
            : new PlainDecoding();
  }

  private static void expectAlone(List<Answer> answers) {
    for (int i = 0; i < answers.size(); i++) {
      GenerationRequest request = REQUESTS.get(i);
      assertEquals(ALONE.get(request.id()), answers.get(i).content(), () -> "differs: " + request);
    }
  }

  private static List<Answer> together(
      ScriptedModel model,
      EngineOptions options,
      StrategySource strategies,
      List<GenerationRequest> requests)
      throws InterruptedException {
    try (var engine = Engines.of(model, options, strategies)) {
      return Engines.answers(engine, requests);
    }
  }
}
