package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.Acceptance;
import io.headrace.decode.DecodingStrategy;
import io.headrace.decode.Fidelity;
import io.headrace.decode.ModelRows;
import io.headrace.decode.SequenceView;
import io.headrace.decode.StepTerms;
import io.headrace.decode.StrategySource;
import io.headrace.decode.TokenTree;
import io.headrace.decode.Verdict;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.Failure;
import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.ModelTokens;
import io.headrace.generation.RequestId;
import io.headrace.generation.StopRule;
import io.headrace.generation.Strategy;
import io.headrace.kv.PoolInvariants;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;
import io.headrace.schedule.DecodeFirst;
import io.headrace.testing.Answer;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
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
  private static final int VOCABULARY = 40;
  private static final Set<Integer> END = Set.of(3);
  private static final List<GenerationRequest> REQUESTS = new ArrayList<>();
  private static final Map<RequestId, Answer.Content> PLAIN = new HashMap<>();
  private static final Map<RequestId, Answer.Content> PLAIN_OF_SMALL = new HashMap<>();

  /** Switches often on scripted rows, which have about 2.7 bits. */
  private static final DecodingChoice.Entropy LIVELY = entropy(2.7, 2, 3, true);

  @BeforeAll
  static void decodePlainly() throws InterruptedException {
    REQUESTS.addAll(Requests.mixed(21, 24, VOCABULARY, 100, 60));
    REQUESTS.addAll(Requests.mixed(22, 12, 2, 60, 120)); // shared beginnings
    for (GenerationRequest request : REQUESTS) {
      PLAIN.put(request.id(), alone(request, large(64)));
      PLAIN_OF_SMALL.put(request.id(), alone(request, small(64)));
    }
  }

  private static Answer.Content alone(GenerationRequest request, ScriptedModel model) throws InterruptedException {
    try (var engine = new Engine(model, List.of(), options(), noStops(), System::nanoTime, StrategySource.ofChoice(), new DecodeFirst())) {
      return Answer.await(engine.submit(request)).content();
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
        List<GenerationRequest> all = mixed(round, LIVELY);
        List<Answer> answers = submit(engine, all);
        for (int i = 0; i < all.size(); i++) {
          if (all.get(i).decoding() instanceof DecodingChoice.Entropy) answers.get(i).content();
          else assertEquals(PLAIN.get(all.get(i).id()), answers.get(i).content());
        }
        var pool = engine.photographPool().join();
        assertEquals(List.of(), PoolInvariants.violations(pool));
        assertEquals(0, pool.held().size());
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
        List<GenerationRequest> all = mixed(round, LIVELY);
        List<Answer> answers = submit(engine, all);
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
        List<Answer> answers = submit(engine, REQUESTS.stream().map(r -> Requests.decoded(r, entropy(threshold, 5, 8, startOnTarget))).toList());
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
        List<Answer> answers = submit(engine, all);
        for (int i = 2; i < all.size(); i++) assertEquals(answers.get(i % 2).content(), answers.get(i).content());
      }
    }
  }

  @Test
  void aCompanionThatFailsEndsOnlyThoseWhoWantedIt() throws InterruptedException {
    for (int pass : new int[] {0, 3, 10}) {
      var small = small(1_000);
      small.faultAtPass = pass;
      try (var engine = engine(List.of(large(1_000), small), options(), named("small"))) {
        List<GenerationRequest> all = mixed(1, entropy(1000, 2, 2, false));
        List<Answer> answers = submit(engine, all);
        int failed = 0;
        for (int i = 0; i < all.size(); i++) {
          if (all.get(i).decoding() instanceof DecodingChoice.Entropy) {
            if (answers.get(i).failure() == null) continue;
            assertInstanceOf(Failure.Internal.class, answers.get(i).failure());
            failed++;
          } else {
            assertEquals(PLAIN.get(all.get(i).id()), answers.get(i).content());
          }
        }
        assertTrue(failed > 0, "nobody failed");
        assertEquals(0, engine.photographPool().join().held().size());
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
        assertEquals(0, engine.photographPool().join().held().size());
        answer = Answer.await(engine.submit(Requests.plain("y", 30, 1, 2, 3)));
        assertEquals(30, answer.tokens().size());
      }
    }
  }

  @Test
  void aStopStringMayLieAcrossASwitch() throws InterruptedException {
    Function<StopRule, StopProbe> probes =
        rule -> {
          var text = new StringBuilder();
          return (token, armed) -> {
            text.append('[').append(token).append(']');
            return rule.strings().stream().filter(stop -> text.indexOf(stop) >= 0).findFirst().orElse(null);
          };
        };
    GenerationRequest request = Requests.decoded(Requests.plain("x", 200, 1, 2, 3), LIVELY);
    List<ScriptedModel> models = List.of(large(64), small(64));
    List<Integer> whole;
    try (var engine = engine(models, options(), named("small"))) {
      whole = Answer.await(engine.submit(request)).tokens();
    }
    for (int end = 4; end < 60; end += 5) {
      String stop = "[%d][%d][%d]".formatted(whole.get(end - 3), whole.get(end - 2), whole.get(end - 1));
      try (var engine =
          new Engine(large(64), List.of(new Companion("small", small(64))), options(), probes, System::nanoTime, named("small"), new DecodeFirst())) {
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
          () -> new Engine(target, List.of(wrong), options(), noStops(), System::nanoTime, StrategySource.ofChoice(), new DecodeFirst()));
    }
  }

  private static String refusal(Engine engine, DecodingChoice choice) {
    EngineRefusal refused = assertThrows(EngineRefusal.class, () -> engine.submit(Requests.decoded(Requests.plain("x", 5, 1), choice)));
    assertFalse(String.valueOf(refused.getMessage()).isBlank());
    return refused.getMessage();
  }

  /**
   * Wants another set of models for every token, proposes trees, and checks every row that it is given against the same model's answer to
   * the same text, computed at once.
   */
  private static final class Wanderer implements DecodingStrategy {
    private final List<ScriptedModel> models;
    private final int seed;
    private final AtomicInteger checked;
    private final TokenTree tree = new TokenTree(4);
    private final Verdict verdict = new Verdict();
    private int[] text = {};
    private int wanted;
    private int step;

    Wanderer(List<ScriptedModel> models, int seed, AtomicInteger checked) {
      this.models = models;
      this.seed = seed;
      this.checked = checked;
      choose();
    }

    private void choose() {
      int hash = (seed + step++ / 3 * 0x9E3779B1) * 0x85EBCA6B;
      wanted = 1 + (hash >>> 8) % 7;
    }

    @Override
    public int models() {
      return wanted;
    }

    @Override
    public TokenTree propose(SequenceView sequence, StepTerms terms) {
      text = new int[sequence.size()];
      for (int i = 0; i < text.length; i++) text[i] = sequence.token(i);
      tree.root(text[text.length - 1]);
      for (int i = 0; i < 3 && tree.size() < terms.maxNodes(); i++) tree.add(step % 2 == 0 ? 0 : tree.size() - 1, (step * 7 + i) % VOCABULARY);
      return tree;
    }

    @Override
    public LogitRows combine(ModelRows rows) {
      int last = 0;
      for (int model = 0; model < models.size(); model++) {
        if ((wanted >> model & 1) == 0) continue;
        last = model;
        float[] row = new float[VOCABULARY];
        rows.of(model).copyRow(0, row);
        assertArrayEquals(models.get(model).answer(text), row);
        checked.incrementAndGet();
      }
      return rows.of(last);
    }

    @Override
    public Verdict judge(TokenTree tree, LogitRows rows, TokenPicker picker) {
      Acceptance.drawAndMatch(tree, rows, picker, verdict);
      choose();
      return verdict;
    }

    @Override
    public void rebase(int committedTokens) {}

    @Override
    public Fidelity fidelity() {
      return Fidelity.APPROXIMATE;
    }

    @Override
    public int mostNodes() {
      return 4;
    }

    @Override
    public Strategy proposer() {
      return Strategy.ENTROPY;
    }
  }

  /** Another strategy, and from whose rows each of its tokens came. */
  private record Recorded(DecodingStrategy own, List<Integer> parts) implements DecodingStrategy {
    @Override
    public int models() {
      return own.models();
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

    @Override
    public TokenTree propose(SequenceView sequence, StepTerms terms) {
      return own.propose(sequence, terms);
    }

    @Override
    public Strategy proposer() {
      return own.proposer();
    }

    @Override
    public Verdict judge(TokenTree tree, LogitRows rows, TokenPicker picker) {
      return own.judge(tree, rows, picker);
    }

    @Override
    public void rebase(int committedTokens) {
      own.rebase(committedTokens);
    }

    @Override
    public Fidelity fidelity() {
      return own.fidelity();
    }

    @Override
    public int mostNodes() {
      return own.mostNodes();
    }
  }

  private static DecodingChoice.Entropy entropy(double threshold, int window, int dwell, boolean startOnTarget) {
    return new DecodingChoice.Entropy("", threshold, window, dwell, 0.02, startOnTarget);
  }

  private static DecodingChoice.Entropy entropy(String companion, double threshold) {
    return new DecodingChoice.Entropy(companion, threshold, 5, 8, 0.1, true);
  }

  /** Plain, n-gram and switching requests in turn. */
  private static List<GenerationRequest> mixed(int shift, DecodingChoice.Entropy choice) {
    List<GenerationRequest> all = new ArrayList<>();
    for (int i = 0; i < REQUESTS.size(); i++) {
      GenerationRequest request = REQUESTS.get(i);
      all.add(
          switch ((i + shift) % 4) {
            case 0 -> request;
            case 1 -> Requests.decoded(request, DecodingChoice.Ngram.DEFAULT);
            default -> Requests.decoded(request, choice);
          });
    }
    return all;
  }

  private static ScriptedModel large(int blocks) {
    return ScriptedModel.withBlocks(blocks);
  }

  private static ScriptedModel small(int blocks) {
    return ScriptedModel.withBlocks(blocks).withSeed(5);
  }

  private static ScriptedModel other(int blocks) {
    return ScriptedModel.withBlocks(blocks).withSeed(9);
  }

  private static StrategySource named(String... companions) {
    return StrategySource.ofChoice(null, List.of(companions));
  }

  private static EngineOptions options() {
    return EngineOptions.defaults(END);
  }

  private static Function<StopRule, StopProbe> noStops() {
    return rule -> {
      throw new AssertionError("no request here has stop strings");
    };
  }

  private static Engine engine(List<ScriptedModel> models, EngineOptions options, StrategySource source) {
    List<Companion> companions = new ArrayList<>();
    for (int i = 1; i < models.size(); i++) companions.add(new Companion(i == 1 ? "small" : "other", models.get(i)));
    return new Engine(models.getFirst(), companions, options, noStops(), System::nanoTime, source, new DecodeFirst());
  }

  private static List<Answer> submit(Engine engine, List<GenerationRequest> requests) throws InterruptedException {
    List<Outbox> outboxes = new ArrayList<>();
    for (GenerationRequest request : requests) outboxes.add(engine.submit(request));
    List<Answer> answers = new ArrayList<>();
    for (Outbox outbox : outboxes) answers.add(Answer.await(outbox));
    return answers;
  }
}
