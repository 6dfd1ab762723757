package io.headrace.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.StrategySource;
import io.headrace.engine.Companion;
import io.headrace.engine.Engine;
import io.headrace.engine.EngineOptions;
import io.headrace.generation.CascadeJudge;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.FinishReason;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.StopRule;
import io.headrace.generation.TokenIds;
import io.headrace.intake.cascade.Judges;
import io.headrace.intake.cascade.Reference;
import io.headrace.testing.AccentedModel;
import io.headrace.testing.Engines;
import io.headrace.testing.ScriptedModel;
import io.headrace.text.ChatTemplate;
import io.headrace.text.SpecialIds;
import io.headrace.text.Tokenizer;
import io.headrace.text.VocabularySource;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A small model in front of a large one, behind a desk. */
final class CascadeLawTest {
  private static final double ALWAYS = Double.NEGATIVE_INFINITY;
  private static final double NEVER = Double.POSITIVE_INFINITY;
  private static final Judges JUDGES =
      new Judges(List.of(new Reference("ab", "cd", true), new Reference("ef", "gh", false), new Reference("ij", "kl", true)));

  private ScriptedModel large;
  private ScriptedModel small;
  private Engine engine;
  private Tokenizer tokenizer;

  @BeforeEach
  void open() {
    large = ScriptedModel.withBlocks(400);
    small = ScriptedModel.withBlocks(400);
    engine =
        Engines.of(
            large,
            List.of(new Companion("little", new AccentedModel(small, AccentedModel.voice(3, 8)))),
            EngineOptions.defaults(Set.of()).withMaxQueued(4),
            rule -> new StopText(tokenizer, rule),
            StrategySource.ofChoice(null, List.of("little")));
    List<String> letters = new ArrayList<>();
    for (char c = 'a'; c <= 'z'; c++) letters.add(String.valueOf(c));
    for (char c = 'A'; c <= 'E'; c++) letters.add(String.valueOf(c));
    for (char c : " :?|<>_\n".toCharArray()) letters.add(c == ' ' ? "\u0120" : c == '\n' ? "\u010a" : String.valueOf(c));
    tokenizer =
        Tokenizer.of(new VocabularySource.Lists("gpt2", "gpt-2", letters, new int[0], List.of(), new float[0], false, SpecialIds.NONE));
  }

  @AfterEach
  void close() {
    engine.close();
    tokenizer.close();
  }

  @ParameterizedTest
  @EnumSource(CascadeJudge.class)
  void withoutAThresholdEveryAnswerIsTheSmallModels(CascadeJudge judge) throws InterruptedException {
    for (float temperature : new float[] {0, 1}) {
      Heard alone = hear(submit(call(new DecodingChoice.Companion("little"), temperature)));
      Heard cascade = hear(submit(call(new DecodingChoice.Cascade("little", judge, ALWAYS), temperature)));
      assertEquals(alone.text, cascade.text);
      assertEquals(alone.tokens, cascade.tokens);
      assertEquals(alone.end.reason(), cascade.end.reason());
      assertEquals("little", cascade.record().answeredBy());
      assertEquals(judge, cascade.record().judge());
      assertEquals(alone.end.counts().generated(), cascade.record().smallTokens());
    }
  }

  @ParameterizedTest
  @EnumSource(CascadeJudge.class)
  void withAThresholdThatNothingReachesEveryAnswerIsTheTargets(CascadeJudge judge) throws InterruptedException {
    for (float temperature : new float[] {0, 1}) {
      Heard plain = hear(submit(call(new DecodingChoice.Plain(), temperature)));
      Heard cascade = hear(submit(call(new DecodingChoice.Cascade("little", judge, NEVER), temperature)));
      assertEquals(plain.text, cascade.text);
      assertEquals(plain.tokens, cascade.tokens);
      assertEquals(plain.end.counts().generated(), cascade.end.counts().generated());
      assertEquals(CascadeRecord.TARGET, cascade.record().answeredBy());
      assertTrue(cascade.record().smallTokens() > 0);
    }
  }

  @Test
  void theScoreDecides() throws InterruptedException {
    for (CascadeJudge judge : new CascadeJudge[] {CascadeJudge.LOGPROB, CascadeJudge.ENTROPY}) {
      double score = hear(submit(call(new DecodingChoice.Cascade("little", judge, 0.5), 0))).record().score();
      assertTrue(score < 0, "a score of " + score);
      assertEquals("little", hear(submit(call(new DecodingChoice.Cascade("little", judge, score - 1e-6), 0))).record().answeredBy());
      assertEquals("target", hear(submit(call(new DecodingChoice.Cascade("little", judge, score), 0))).record().answeredBy());
    }
  }

  @Test
  void theFreeJudgeIsTheMeanOfTheSmallModelsOwnLogProbabilities() throws InterruptedException {
    Heard alone = hear(submit(call(new DecodingChoice.Companion("little"), 0)));
    double mean = alone.details.stream().mapToDouble(TokenDetail::logprob).average().orElseThrow();
    Heard cascade = hear(submit(call(new DecodingChoice.Cascade("little", CascadeJudge.LOGPROB, ALWAYS), 0)));
    assertEquals(mean, cascade.record().score(), 1e-9);
  }

  @Test
  void metaRankingAsksTwiceForEveryReference() throws InterruptedException {
    Heard cascade = hear(submit(call(new DecodingChoice.Cascade("little", CascadeJudge.META, ALWAYS), 0)));
    assertEquals(6, cascade.record().questions());
    assertEquals(6L, desk.totals().get("cascade_judge_questions"));
    assertTrue(Math.abs(cascade.record().score()) <= 3);
  }

  @Test
  void theAnswerShowsNoMoreAlternativesThanWereAskedFor() throws InterruptedException {
    Heard cascade = hear(submit(call(new DecodingChoice.Cascade("little", CascadeJudge.ENTROPY, ALWAYS), 0)));
    for (TokenDetail token : cascade.details) assertEquals(1, token.top().size());
  }

  @Test
  void recordsHaveBothModelsParts() throws InterruptedException {
    Heard cascade = hear(submit(call(new DecodingChoice.Cascade("little", CascadeJudge.LOGPROB, NEVER), 0)));
    var models = cascade.end.timings().models();
    assertEquals(List.of("target", "little"), models.stream().map(model -> model.model()).toList());
    assertEquals(cascade.end.counts().generated(), models.getFirst().tokens());
    assertEquals(cascade.record().smallTokens(), models.getLast().tokens());
  }

  @Test
  void severalChoicesAreDecidedOneByOne() throws InterruptedException {
    LiveGeneration live = given(desk().submit(call(new DecodingChoice.Cascade("little", CascadeJudge.META, NEVER), 1, 2, 2)));
    try (live) {
      Heard first = hear(live.choices().get(0));
      Heard other = hear(live.choices().get(1));
      assertNotEquals(first.text, other.text, "each has a seed of its own");
    }
  }

  /** The doors listen to all choices of a call, so none waits for another to be read. */
  @Test
  void theChoicesOfACallEscalateTogether() throws InterruptedException {
    int choices = 3;
    AtomicInteger passes = new AtomicInteger();
    AtomicLong parts = new AtomicLong();
    // Passes of the target dawdle while a choice has not sent its second part; an answer takes 30 of them.
    large.beforePass =
        () -> {
          long patience = System.nanoTime() + Duration.ofMillis(300).toNanos();
          while (passes.get() < 25 && engine.snapshot().submitted() < 2 * choices && System.nanoTime() < patience) Thread.onSpinWait();
          if (passes.incrementAndGet() == 25) parts.set(engine.snapshot().submitted());
        };
    try (LiveGeneration live = given(desk().submit(call(new DecodingChoice.Cascade("little", CascadeJudge.LOGPROB, NEVER), 1, choices, 0)))) {
      Semaphore ends = new Semaphore(0);
      for (LiveChoice choice : live.choices()) choice.listen(false, ends::release);
      assertTrue(ends.tryAcquire(choices, 60, TimeUnit.SECONDS), "they end");
    }
    assertEquals(2 * choices, parts.get());
  }

  @Test
  void aCallThatIsCancelledInAnyPhaseFreesEverything() throws InterruptedException {
    for (CascadeJudge judge : new CascadeJudge[] {CascadeJudge.LOGPROB, CascadeJudge.META}) {
      // After so many passes of the small model; they reach into all phases.
      for (int passes : new int[] {0, 1, 5, 29, 31, 33, 36, 45}) {
        AtomicReference<Runnable> cancel = new AtomicReference<>(() -> {});
        int before = small.passes + large.passes;
        Runnable watch =
            () -> {
              if (small.passes + large.passes - before >= passes) cancel.get().run();
            };
        small.beforePass = watch;
        large.beforePass = watch;
        LiveGeneration live = submit(call(new DecodingChoice.Cascade("little", judge, NEVER), 0));
        cancel.set(live.cancel());
        Heard heard = hear(live.choices().getFirst());
        small.beforePass = () -> {};
        large.beforePass = () -> {};
        assertInstanceOf(FinishReason.Cancelled.class, heard.end.reason(), judge + " after " + passes);
        live.close();
        Engines.expectNothingHeld(engine);
      }
    }
  }

  @Test
  void whatIsMissingIsNamed() {
    Rejection.Unsupported noModel =
        assertInstanceOf(Rejection.Unsupported.class, refused(desk().submit(call(new DecodingChoice.Cascade("huge", CascadeJudge.LOGPROB, 0), 0))));
    assertEquals("decoding.small", noModel.field());
    assertTrue(noModel.problem().contains("huge") && noModel.problem().contains("little"), noModel.problem());
    Rejection.Unsupported noReferences =
        assertInstanceOf(
            Rejection.Unsupported.class, refused(desk(Judges.FREE).submit(call(new DecodingChoice.Cascade("little", CascadeJudge.META, 0), 0))));
    assertEquals("decoding.judge", noReferences.field());
  }

  private ModelDesk desk;

  private ModelDesk desk() {
    if (desk == null) desk = desk(JUDGES);
    return desk;
  }

  private ModelDesk desk(Judges judges) {
    ChatTemplate template = ChatTemplate.of("{% for m in messages %}{{ m.content }}{% endfor %}", null, null, Clock.systemUTC());
    return new ModelDesk(
        new ServedModel("m", 0, 512, new DecodingChoice.Plain(), Map.of()),
        engine,
        tokenizer,
        new PromptAssembly(tokenizer, template, 39),
        39,
        () -> 7,
        judges);
  }

  private record Heard(String text, List<Integer> tokens, List<TokenDetail> details, GenerationPiece.End end) {
    CascadeRecord record() {
      assertNotNull(end.cascade());
      return end.cascade();
    }
  }

  private LiveGeneration submit(GenerationCall call) {
    return given(desk().submit(call));
  }

  private static Heard hear(LiveGeneration live) throws InterruptedException {
    try (live) {
      return hear(live.choices().getFirst());
    }
  }

  private static Heard hear(LiveChoice choice) throws InterruptedException {
    StringBuilder text = new StringBuilder();
    List<TokenDetail> details = new ArrayList<>();
    while (true) {
      switch (choice.next(Duration.ofSeconds(20))) {
        case null -> throw new AssertionError("silence");
        case GenerationPiece.Text(String part, List<TokenDetail> more) -> {
          text.append(part);
          details.addAll(more);
        }
        case GenerationPiece.End end -> {
          return new Heard(text.toString(), details.stream().map(TokenDetail::id).toList(), details, end);
        }
        case GenerationPiece.Fault fault -> throw new AssertionError(fault.failure().message());
        case GenerationPiece.PromptScored _ -> {}
      }
    }
  }

  private static LiveGeneration given(Answer<LiveGeneration> answer) {
    if (answer instanceof Answer.Refused<LiveGeneration>(Rejection why)) throw new AssertionError(why.message());
    return ((Answer.Given<LiveGeneration>) answer).value();
  }

  private static Rejection refused(Answer<LiveGeneration> answer) {
    return assertInstanceOf(Answer.Refused.class, answer).rejection();
  }

  private static GenerationCall call(DecodingChoice decoding, float temperature) {
    return call(decoding, temperature, 1, 1);
  }

  private static GenerationCall call(DecodingChoice decoding, float temperature, int choices, int alternatives) {
    return new GenerationCall(
        "call",
        null,
        List.of(new Prompt.Tokens(TokenIds.of(1, 2, 3))),
        choices,
        OptionalInt.of(30),
        temperature,
        0,
        1,
        0,
        OptionalLong.of(1),
        LogitAdjustments.NONE,
        StopRule.END_OF_TEXT,
        alternatives,
        -1,
        decoding,
        "");
  }
}
