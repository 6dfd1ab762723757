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
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.DecodingStrategy;
import io.headrace.decode.ModelRows;
import io.headrace.decode.StrategySource;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.ModelTokens;
import io.headrace.generation.RequestId;
import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.ForwardingStrategy;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whatever models a strategy asks for, and whenever: each answers as if it had computed the whole text alone, in any company, in chunks,
 * after a cache hit, a preemption and a switch; and who asks for the target alone sees none of it. The models of these tests refuse a
 * slot that holds anything but what was computed for its place, and a block that one sequence writes while another has it.
 */
@Timeout(300)
final class CompanionLawTest {
  private static final List<GenerationRequest> REQUESTS = TwoModels.requests();
  private static final Map<RequestId, Answer.Content> PLAIN = new HashMap<>();
  private static final Map<RequestId, Answer.Content> PLAIN_OF_SMALL = new HashMap<>();

  @BeforeAll
  static void decodePlainly() throws InterruptedException {
    for (GenerationRequest request : REQUESTS) {
      PLAIN.put(request.id(), alone(request, large(64)));
      PLAIN_OF_SMALL.put(request.id(), alone(request, small(64)));
    }
  }

  @ParameterizedTest(name = "{0} blocks, chunks of {1}, prefix cache {2}")
  @CsvSource({"1000,512,true", "1000,16,true", "1000,5,true", "1000,512,false", "24,512,true", "24,7,true", "24,7,false"})
  void everyModelAnswersAsIfItHadComputedTheTextAlone(int blocks, int chunk, boolean prefixCache) throws InterruptedException {
    var checked = new AtomicInteger();
    List<ScriptedModel> models = List.of(large(blocks), small(blocks), other(blocks));
    StrategySource source =
        (request, model) ->
            request.decoding() instanceof DecodingChoice.Entropy
                ? new Wanderer(models, request.id().value().hashCode(), checked)
                : StrategySource.ofChoice().strategyFor(request, model);
    EngineOptions options = options().withPrefixCache(prefixCache).withPrefillChunk(chunk).withMaxRunning(9);
    try (var engine = engine(models, options, source)) {
      for (int round = 0; round < 2; round++) {
        List<GenerationRequest> all = mixed(REQUESTS, round, LIVELY);
        List<Answer> answers = Engines.answers(engine, all);
        for (int i = 0; i < all.size(); i++) {
          if (all.get(i).decoding() instanceof DecodingChoice.Entropy) answers.get(i).content();
          else assertEquals(PLAIN.get(all.get(i).id()), answers.get(i).content());
        }
        Engines.expectNothingHeld(engine);
      }
      assertTrue(blocks > 24 || engine.snapshot().preemptions() > 0, "a small pool without a preemption");
      assertTrue(!prefixCache || engine.snapshot().prefixHitTokens() > 0, "no hit");
    }
    assertTrue(checked.get() > 1_000, checked + " rows checked");
  }

  @ParameterizedTest(name = "{0} blocks, chunks of {1}, prefix cache {2}")
  @CsvSource({"1000,512,true", "1000,16,true", "1000,16,false", "24,7,true"})
  void switchingGivesTheSameAloneAndInCompanyAndOthersSeeNothingOfIt(int blocks, int chunk, boolean prefixCache) throws InterruptedException {
    Map<RequestId, Answer.Content> alone = new HashMap<>();
    long switches = 0;
    for (GenerationRequest request : REQUESTS) {
      try (var engine = engine(List.of(large(64), small(64)), options().withPrefixCache(false), named("small"))) {
        Answer answer = Answer.await(engine.submit(Requests.decoded(request, LIVELY)));
        alone.put(request.id(), answer.content());
        switches += answer.timings().models().stream().mapToLong(ModelTokens::takeovers).sum();
      }
    }
    assertTrue(switches > 100, switches + " switches");
    EngineOptions options = options().withPrefixCache(prefixCache).withPrefillChunk(chunk).withMaxRunning(9);
    try (var engine = engine(List.of(large(blocks), small(blocks)), options, named("small"))) {
      for (int round = 0; round < 3; round++) {
        List<GenerationRequest> all = mixed(REQUESTS, round, LIVELY);
        List<Answer> answers = Engines.answers(engine, all);
        for (int i = 0; i < all.size(); i++) {
          GenerationRequest request = all.get(i);
          var expected = request.decoding() instanceof DecodingChoice.Entropy ? alone : PLAIN;
          assertEquals(expected.get(request.id()), answers.get(i).content());
        }
      }
      assertTrue(blocks > 24 || engine.snapshot().preemptions() > 0, "a small pool without a preemption");
    }
  }

  @Test
  void aThresholdThatNothingIsBelowGivesTheTargetsOutputAndOneThatNothingIsAboveTheCompanions() throws InterruptedException {
    for (boolean startOnTarget : new boolean[] {true, false}) {
      double threshold = startOnTarget ? -1 : 1000;
      try (var engine = engine(List.of(large(1_000), small(1_000)), options(), named("small"))) {
        List<Answer> answers = Engines.answers(engine, REQUESTS.stream().map(r -> Requests.decoded(r, entropy(threshold, 5, 8, startOnTarget))).toList());
        for (int i = 0; i < REQUESTS.size(); i++) {
          Answer.Content expected = (startOnTarget ? PLAIN : PLAIN_OF_SMALL).get(REQUESTS.get(i).id());
          Answer.Content content = answers.get(i).content();
          assertEquals(expected.tokens(), content.tokens());
          assertEquals(expected.logprobs(), content.logprobs());
          assertEquals(expected.reason(), content.reason());
          // The prompt is scored by the model that is served, whoever goes on.
          assertEquals(PLAIN.get(REQUESTS.get(i).id()).promptLogprobs(), content.promptLogprobs());
          List<ModelTokens> models = answers.get(i).timings().models();
          int who = startOnTarget ? 0 : 1;
          if (content.generated() > 0) assertEquals(new ModelTokens(who == 0 ? "target" : "small", content.generated(), 0), models.get(who));
          assertEquals(0, models.get(1 - who).tokens());
        }
      }
    }
  }

  /** With a companion that is the target once more every block is swapped for one that plain requests left, also when it is half computed. */
  @Test
  void turnsOfEqualModelsGiveThePlainOutputAfterPlainOnes() throws InterruptedException {
    for (int dwell : new int[] {1, 2, 3, 7}) {
      try (var engine = engine(List.of(large(1_000), large(1_000)), options(), named("small"))) {
        for (Answer answer : Engines.answers(engine, REQUESTS)) answer.content();
        long switches = 0;
        for (int round = 0; round < 2; round++) {
          for (GenerationRequest request : REQUESTS) {
            Answer answer = Answer.await(engine.submit(Requests.decoded(request, entropy(2.7, 2, dwell, true))));
            assertEquals(PLAIN.get(request.id()), answer.content());
            switches += answer.timings().models().stream().mapToLong(ModelTokens::takeovers).sum();
          }
        }
        assertTrue(switches > 100, switches + " switches");
      }
    }
  }

  @Test
  void noTwoSwitchesAreCloserThanTheDwellAndTheRecordsCountThem() throws InterruptedException {
    for (int dwell : new int[] {1, 4, 9}) {
      List<Integer> parts = new ArrayList<>();
      StrategySource source =
          (request, model) -> {
            DecodingStrategy own = named("small").strategyFor(request, model);
            return new Recorded(own, parts);
          };
      try (var engine = engine(List.of(large(64), small(64)), options(), source)) {
        Answer answer = Answer.await(engine.submit(Requests.decoded(Requests.plain("x", 300, 1, 2, 3), entropy(2.7, 3, dwell, true))));
        long switches = 0;
        int since = 0;
        for (int i = 0; i < parts.size(); i++, since++) {
          if (i == 0 || parts.get(i).equals(parts.get(i - 1))) continue;
          assertTrue(since >= dwell, "a switch after %d tokens".formatted(since));
          switches++;
          since = 0;
        }
        assertTrue(switches > 5, switches + " switches");
        List<ModelTokens> models = answer.timings().models();
        assertEquals(switches, models.stream().mapToLong(ModelTokens::takeovers).sum());
        assertEquals(300, models.stream().mapToLong(ModelTokens::tokens).sum());
        assertEquals(parts.stream().filter(part -> part == 0).count(), models.getFirst().tokens());
        assertEquals(models, engine.snapshot().models());
        assertTrue(answer.timings().decoding().stream().allMatch(record -> record.strategy() == Strategy.ENTROPY));
      }
    }
  }

  @Test
  void aCompanionThatRestsIsCaughtUpWithBeforeItFallsFarBehind() throws InterruptedException {
    var small = small(64);
    var most = new AtomicInteger();
    try (var engine = engine(List.of(large(64), small), options(), named("small"))) {
      small.beforePass = () -> most.set(Math.max(most.get(), small.mostRows));
      Answer.await(engine.submit(Requests.decoded(Requests.plain("x", 400, 1, 2, 3), entropy(3.4, 1, 8, false))));
    }
    assertTrue(most.get() > 1 && most.get() <= 66, most + " rows at once");
  }

  @Test
  void whatACompanionComputedOfASharedPromptIsNotComputedAgain() throws InterruptedException {
    int[] prompt = new int[200];
    for (int i = 0; i < prompt.length; i++) prompt[i] = i % 37;
    var small = small(1_000);
    try (var engine = engine(List.of(large(1_000), small), options(), named("small"))) {
      DecodingChoice onSmall = entropy(2.7, 2, 2, true);
      List<Integer> first = Answer.await(engine.submit(Requests.decoded(Requests.plain("a", 80, prompt), onSmall))).tokens();
      assertTrue(small.mostRows >= 200, "the companion had to compute the prompt: " + small.mostRows);
      small.mostRows = 0;
      assertEquals(first, Answer.await(engine.submit(Requests.decoded(Requests.plain("b", 80, prompt), onSmall))).tokens());
      assertTrue(small.mostRows < 100, small.mostRows + " rows at once");
    }
  }

  @Test
  void manyWithOnePromptCatchUpWithoutWritingOverEachOther() throws InterruptedException {
    int[] prompt = new int[150];
    for (int i = 0; i < prompt.length; i++) prompt[i] = i % 31;
    for (int chunk : new int[] {512, 40, 9}) {
      try (var engine = engine(List.of(large(1_000), small(1_000)), options().withPrefillChunk(chunk), named("small"))) {
        Answer.await(engine.submit(Requests.plain("warm", 1, prompt))); // in the target's cache, not in the companion's
        List<GenerationRequest> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) all.add(Requests.decoded(Requests.plain("c" + i, 60, prompt), entropy(2.7, 2, 2, i % 2 == 0)));
        List<Answer> answers = Engines.answers(engine, all);
        for (int i = 2; i < all.size(); i++) assertEquals(answers.get(i % 2).content(), answers.get(i).content());
      }
    }
  }

  /** Another strategy, and from whose rows each of its tokens came. */
  private static final class Recorded extends ForwardingStrategy {
    private final List<Integer> parts;

    Recorded(DecodingStrategy own, List<Integer> parts) {
      super(own);
      this.parts = parts;
    }

    @Override
    public LogitRows combine(ModelRows rows) {
      return own.combine(
          new ModelRows() {
            @Override
            public LogitRows of(int model) {
              parts.add(model);
              return rows.of(model);
            }

            @Override
            public double entropy(int model, int row) {
              return rows.entropy(model, row);
            }
          });
    }
  }
}
