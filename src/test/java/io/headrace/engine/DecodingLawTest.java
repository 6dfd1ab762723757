package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.StrategySource;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.DecodingRecord;
import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.RequestId;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import io.headrace.generation.Strategy;
import io.headrace.generation.TokenIds;
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
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * However a request is decoded, it gives what plain decoding gives: greedy and with a seed, with penalties and biases, stopped, cut by
 * its length or the window, cold and after a cache hit, preempted, alone and beside others that are decoded in other ways. And what is
 * counted adds up.
 */
@Timeout(300)
final class DecodingLawTest {
  private static final int VOCABULARY = 40;
  private static final Set<Integer> END = Set.of(3);

  /** Ways to decode that draft whenever they can. */
  private static final List<DecodingChoice> CHOICES =
      List.of(
          DecodingChoice.Ngram.DEFAULT,
          new DecodingChoice.Ngram(1, 1, 15),
          new DecodingChoice.Ngram(1, 4, 3),
          new DecodingChoice.Ngram(3, 32, 12),
          DecodingChoice.Auto.DEFAULT,
          new DecodingChoice.Auto(1));

  private static final List<GenerationRequest> REQUESTS = new ArrayList<>();
  private static final Map<RequestId, Answer.Content> PLAIN = new HashMap<>();

  @BeforeAll
  static void decodePlainly() throws InterruptedException {
    REQUESTS.addAll(Requests.mixed(11, 16, VOCABULARY, 100, 40));
    REQUESTS.addAll(Requests.mixed(12, 16, VOCABULARY, 20, 120));
    // Outputs over two or three tokens, in which drafts are often right.
    var random = new SplittableRandom(13);
    for (int i = 0; i < 24; i++) REQUESTS.add(repetitive(random, i));
    for (GenerationRequest request : REQUESTS) {
      PLAIN.put(request.id(), run(ScriptedModel.withBlocks(64), options(), List.of(request)).getFirst().content());
    }
  }

  private static GenerationRequest repetitive(SplittableRandom random, int i) {
    Map<Integer, Float> bias = new HashMap<>();
    for (int token = 0; token < 1 + i % 3; token++) bias.put(10 + token, 60f);
    if (i % 4 == 1) bias.put(3, 52f); // the end token, now and then
    Sampling sampling =
        switch (i % 3) {
          case 0 -> new Sampling.Greedy();
          case 1 -> new Sampling.Random(0.7f, 0, 1f, 0f, 100 + i);
          default -> new Sampling.Random(1f, 20, 0.95f, 0.01f, -i);
        };
    var adjustments =
        i % 5 == 0 ? new LogitAdjustments(1.1f, 0.5f, 0.3f, bias) : new LogitAdjustments(1f, i % 5 == 1 ? 1.5f : 0f, 0f, bias);
    return new GenerationRequest(
        new RequestId("repetitive-" + i),
        TokenIds.of(random.ints(1 + random.nextInt(40), 9, 13).toArray()),
        20 + random.nextInt(100),
        sampling,
        adjustments,
        new StopRule(List.of(), i % 7 == 3 ? Set.of(12) : Set.of(), i % 4 != 1, i % 6 == 5 ? 9 : 0, false),
        random.nextInt(3) - 1,
        -1,
        new DecodingChoice.Plain(),
        "");
  }

  static List<DecodingChoice> choices() {
    return CHOICES;
  }

  @ParameterizedTest
  @MethodSource("choices")
  void everyWayOfDecodingGivesThePlainOutputAlone(DecodingChoice choice) throws InterruptedException {
    long accepted = 0;
    for (GenerationRequest request : REQUESTS) {
      Answer answer = run(ScriptedModel.withBlocks(64), options(), List.of(Requests.decoded(request, choice))).getFirst();
      expectPlain(request, answer);
      accepted += answer.timings().decoding().stream().mapToLong(DecodingRecord::accepted).sum();
    }
    assertTrue(accepted > 50, "hardly a draft was right: " + accepted);
  }

  @ParameterizedTest
  @MethodSource("choices")
  void everyWayOfDecodingGivesThePlainOutputInCompanyOfItsKind(DecodingChoice choice) throws InterruptedException {
    List<GenerationRequest> all = REQUESTS.stream().map(request -> Requests.decoded(request, choice)).toList();
    for (EngineOptions options : List.of(options(), options().withPrefillChunk(16).withMaxRunning(5))) expectPlain(run(ScriptedModel.withBlocks(1_000), options, all));
  }

  @Test
  void mixedWaysOfDecodingDoNotSeeEachOther() throws InterruptedException {
    for (int shift = 0; shift < 3; shift++) {
      List<GenerationRequest> all = mixed(shift);
      for (int blocks : new int[] {1_000, 22}) {
        var model = ScriptedModel.withBlocks(blocks);
        try (var engine = Engines.of(model, options())) {
          expectPlain(Engines.answers(engine, all));
          Engines.expectNothingHeld(engine);
          assertTrue(blocks > 22 || engine.snapshot().preemptions() > 0, "a small pool without a preemption");
        }
        assertTrue(model.treeRows > 0, "no tree was ever computed");
      }
    }
  }

  @Test
  void rowsOfDraftsAreNeverFoundInThePrefixCache() throws InterruptedException {
    try (var engine = Engines.of(ScriptedModel.withBlocks(1_000), options().withPrefixCache(true))) {
      for (int round = 0; round < 3; round++) {
        long hits = engine.snapshot().prefixHitTokens();
        expectPlain(Engines.answers(engine, mixed(round)));
        if (round > 0) assertTrue(engine.snapshot().prefixHitTokens() > hits, "no hit");
      }
    }
  }

  @Test
  void theWindowEndsADraft() throws InterruptedException {
    for (int window = 40; window < 60; window++) {
      GenerationRequest request = Requests.only("w" + window, 500, StopRule.END_OF_TEXT, 10);
      Answer plain = run(ScriptedModel.withBlocks(8).withWindow(window), options(), List.of(request)).getFirst();
      assertEquals(window, plain.tokens().size() + request.prompt().size());
      for (DecodingChoice choice : CHOICES) {
        Answer answer = run(ScriptedModel.withBlocks(8).withWindow(window), options(), List.of(Requests.decoded(request, choice))).getFirst();
        assertEquals(plain.content(), answer.content());
        expectSums(answer);
      }
    }
  }

  @Test
  void everyLengthEndsADraft() throws InterruptedException {
    for (int length = 1; length < 30; length++) {
      GenerationRequest request = Requests.only("l" + length, length, StopRule.END_OF_TEXT, 10, 11);
      Answer plain = run(ScriptedModel.withBlocks(8), options(), List.of(request)).getFirst();
      for (DecodingChoice choice : CHOICES) {
        Answer answer = run(ScriptedModel.withBlocks(8), options(), List.of(Requests.decoded(request, choice))).getFirst();
        assertEquals(plain.content(), answer.content());
        expectSums(answer);
      }
    }
  }

  @Test
  void aStopStringEndsADraft() throws InterruptedException {
    for (int times = 2; times < 20; times++) {
      var rule = new StopRule(List.of("[10]".repeat(times)), Set.of(), true, 0, false);
      GenerationRequest request = Requests.only("s" + times, 60, rule, 10);
      for (DecodingChoice choice : CHOICES) {
        try (var engine = Engines.of(ScriptedModel.withBlocks(16), List.of(), options(), Engines::bracketed, StrategySource.ofChoice())) {
          Answer answer = Answer.await(engine.submit(Requests.decoded(request, choice)));
          assertEquals(times, answer.tokens().size());
          assertEquals(new FinishReason.StopString("[10]".repeat(times)), answer.reason());
          expectSums(answer);
        }
      }
    }
  }

  @Test
  void whoIsCancelledKeepsWhatWasCommittedAndTheSumsHold() throws InterruptedException {
    for (DecodingChoice choice : CHOICES) {
      try (var engine = Engines.of(ScriptedModel.withBlocks(64), options())) {
        GenerationRequest request = Requests.only("c", 400, StopRule.END_OF_TEXT, 10, 11);
        List<Integer> plain = run(ScriptedModel.withBlocks(64), options(), List.of(request)).getFirst().tokens();
        Outbox outbox = engine.submit(Requests.decoded(request, choice));
        while (!(outbox.take() instanceof GenerationEvent.Committed)) {}
        engine.cancel(request.id());
        List<Integer> tokens = new ArrayList<>();
        GenerationEvent.Finished finished = null;
        while (finished == null) {
          GenerationEvent event = outbox.take();
          if (event instanceof GenerationEvent.Committed committed) for (int token : committed.tokens().toArray()) tokens.add(token);
          if (event instanceof GenerationEvent.Finished last) finished = last;
        }
        assertEquals(plain.subList(1, 1 + tokens.size()), tokens);
        Answer.expectSums(finished.timings().decoding());
        Engines.expectNothingHeld(engine);
      }
    }
  }

  @Test
  void anOracleAndAnAdversaryBoundWhatAStepCanYield() throws InterruptedException {
    GenerationRequest request = Requests.plain("x", 61, 1, 2, 3);
    List<Integer> plain = run(ScriptedModel.withBlocks(64), options(), List.of(request)).getFirst().tokens();
    DecodingRecord right = drafted(request, Drafts.Kind.ORACLE, plain);
    assertEquals(60, right.tokens());
    assertEquals(5, right.passes()); // twelve each: the root's and eleven drafts
    assertEquals(0, right.discarded());
    DecodingRecord wrong = drafted(request, Drafts.Kind.ADVERSARY, plain);
    assertEquals(0, wrong.accepted());
    assertEquals(1.0, wrong.tokensPerPass());
    assertEquals(wrong.drafted(), wrong.discarded());
  }

  private static DecodingRecord drafted(GenerationRequest request, Drafts.Kind kind, List<Integer> plain) throws InterruptedException {
    StrategySource source = (r, m) -> new Drafts(kind, plain, VOCABULARY);
    try (var engine = Engines.of(ScriptedModel.withBlocks(64), options(), source)) {
      Answer answer = Answer.await(engine.submit(request));
      assertEquals(plain, answer.tokens());
      expectSums(answer);
      return answer.timings().decoding().stream().filter(record -> record.strategy() == Strategy.SPECDEC).findFirst().orElseThrow();
    }
  }

  @Test
  void theEnginesRecordsAreTheSumOfTheRequests() throws InterruptedException {
    try (var engine = Engines.of(ScriptedModel.withBlocks(1_000), options())) {
      List<Answer> answers = Engines.answers(engine, mixed(1));
      for (Strategy strategy : Strategy.values()) {
        DecodingRecord sum = DecodingRecord.none(strategy);
        for (Answer answer : answers) {
          for (DecodingRecord record : answer.timings().decoding()) if (record.strategy() == strategy) sum = sum.plus(record);
        }
        assertEquals(sum, engine.snapshot().decoding().get(strategy.ordinal()));
        assertEquals(sum.discarded(), engine.snapshot().decoding(strategy).get("decoding_discarded_tokens"));
      }
    }
  }

  @Test
  void committedTokensSayWhichOfThemWereDrafted() throws InterruptedException {
    try (var engine = Engines.of(ScriptedModel.withBlocks(64), options())) {
      Outbox outbox = engine.submit(Requests.decoded(Requests.only("d", 50, StopRule.END_OF_TEXT, 10), new DecodingChoice.Ngram(2, 8, 4)));
      long drafted = 0;
      long accepted = 0;
      while (!outbox.ended()) {
        GenerationEvent event = outbox.take();
        if (event instanceof GenerationEvent.Committed committed) {
          drafted += committed.drafted();
          assertTrue(committed.drafted() == 0 || committed.strategy() == Strategy.NGRAM);
        }
        if (event instanceof GenerationEvent.Finished finished) {
          accepted = finished.timings().decoding().stream().mapToLong(DecodingRecord::accepted).sum();
        }
      }
      assertTrue(accepted > 30, accepted + " accepted");
      // Where the length cuts a draft, its last token was drafted too.
      assertTrue(drafted == accepted || drafted == accepted + 1, drafted + " told, " + accepted + " counted");
    }
  }

  private static List<GenerationRequest> mixed(int shift) {
    List<GenerationRequest> all = new ArrayList<>();
    for (int i = 0; i < REQUESTS.size(); i++) {
      int way = (i + shift) % (CHOICES.size() + 1);
      all.add(way == 0 ? REQUESTS.get(i) : Requests.decoded(REQUESTS.get(i), CHOICES.get(way - 1)));
    }
    return all;
  }

  private static void expectPlain(List<Answer> answers) {
    for (int i = 0; i < answers.size(); i++) expectPlain(REQUESTS.get(i), answers.get(i));
  }

  private static void expectPlain(GenerationRequest request, Answer answer) {
    assertEquals(PLAIN.get(request.id()), answer.content(), () -> "differs: " + request);
    expectSums(answer);
  }

  private static void expectSums(Answer answer) {
    List<DecodingRecord> records = answer.timings().decoding();
    Answer.expectSums(records);
    long tokens = records.stream().mapToLong(DecodingRecord::tokens).sum();
    // The pass that computes the prompt, or all again after a preemption, yields one token and is no decoding.
    long others = answer.counts().generated() - tokens;
    assertTrue(others >= 0 && others <= 1 + answer.timings().preemptions(), others + " tokens of passes that did not decode");
  }

  private static List<Answer> run(ScriptedModel model, EngineOptions options, List<GenerationRequest> requests) throws InterruptedException {
    try (var engine = Engines.of(model, options)) {
      return Engines.answers(engine, requests);
    }
  }

  private static EngineOptions options() {
    return EngineOptions.defaults(END).withPrefixCache(false);
  }
}
