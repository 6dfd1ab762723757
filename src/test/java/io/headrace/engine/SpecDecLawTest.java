package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.DecodingChoice.SpecDec;
import io.headrace.generation.DecodingChoice.Stop;
import io.headrace.generation.DecodingRecord;
import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.StopRule;
import io.headrace.generation.Strategy;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever ends a chain of drafts, the output is that of plain decoding: greedy and with a seed, with penalties and biases, alone and in
 * company, cut by length, a stop string or its caller; and what is counted adds up.
 */
@Timeout(300)
final class SpecDecLawTest {
  /** The only token that a chain of {@link #ORACLE} has, and that {@link #certain} outputs. */
  private static final int TOKEN = 20;

  private static final int[] ORACLE = {TOKEN};
  private static final int[] ADVERSARY = {25};

  /** Every rule, by the machine's costs and by thresholds, short chains and chains far beyond the trained heads. */
  private static final List<SpecDec> HEADS =
      List.of(
          new SpecDec(null, 8, Double.NaN, false),
          new SpecDec(Stop.HEAD, 12, 1, false),
          new SpecDec(Stop.HEAD, 5, 0.6, false),
          new SpecDec(Stop.PRODUCT, 8, Double.NaN, false),
          new SpecDec(Stop.PRODUCT, 6, 0.99, false),
          new SpecDec(Stop.CONFIDENCE, 8, Double.NaN, false),
          new SpecDec(Stop.CONFIDENCE, 4, 0.95, false),
          new SpecDec(Stop.FIXED, 1, Double.NaN, false),
          new SpecDec(Stop.FIXED, 9, Double.NaN, false),
          new SpecDec(Stop.HEURISTIC, 10, Double.NaN, false));

  /** The same, and with copies before them. */
  private static final List<DecodingChoice> CHOICES =
      Stream.concat(HEADS.stream(), HEADS.stream().map(each -> new SpecDec(each.stop(), each.draftTokens(), each.threshold(), true)))
          .map(DecodingChoice.class::cast)
          .toList();

  @TempDir Path folder;

  @Test
  void everyRuleGivesThePlainOutputAloneAndInCompany() throws Exception {
    List<GenerationRequest> requests = new ArrayList<>(Requests.mixed(22, 10, TinyHeads.VOCABULARY, 60, 30));
    for (int i = 0; i < 6; i++) requests.add(HeadsLawTest.repetitive(i));
    try (TinyHeads tiny = new TinyHeads(folder, "chain", IntStream.range(18, 30).toArray(), true)) {
      List<Answer.Content> plain = contents(tiny.run(requests, 1));
      for (DecodingChoice choice : CHOICES) {
        for (int running : new int[] {1, 16}) {
          List<Answer> answers = tiny.run(requests.stream().map(each -> Requests.decoded(each, choice)).toList(), running);
          assertEquals(plain, contents(answers), choice + ", " + running + " at once");
          for (Answer answer : answers) Answer.expectSums(answer.timings().decoding());
        }
      }
      for (int shift = 0; shift < 3; shift++) {
        List<GenerationRequest> mixed = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
          int way = (i + shift) % (CHOICES.size() + 3);
          DecodingChoice choice =
              way < CHOICES.size() ? CHOICES.get(way) : List.of(new DecodingChoice.Plain(), DecodingChoice.Medusa.DEFAULT, DecodingChoice.Auto.DEFAULT).get(way - CHOICES.size());
          mixed.add(Requests.decoded(requests.get(i), choice));
        }
        assertEquals(plain, contents(tiny.run(mixed, 16)));
      }
    }
  }

  @Test
  void anOracleSavesEveryPassItCouldAndAnAdversaryNone() throws Exception {
    GenerationRequest request = certain(61, StopRule.END_OF_TEXT);
    try (TinyHeads tiny = new TinyHeads(folder, "chain", ORACLE, true)) {
      List<Answer.Content> plain = contents(tiny.run(List.of(request), 1));
      for (SpecDec choice : HEADS) {
        Answer answer = tiny.run(List.of(Requests.decoded(request, choice)), 1).getFirst();
        assertEquals(plain.getFirst(), answer.content());
        Answer.expectSums(answer.timings().decoding());
        DecodingRecord drafts = drafts(answer);
        if (drafts == null) continue; // a rule by costs may find that a tiny model's passes are not worth a draft
        assertEquals(0, drafts.discarded(), choice::toString);
        if (choice.stop() == Stop.FIXED) {
          int tokens = choice.draftTokens();
          // The first token came with the prompt.
          assertEquals((60 + tokens) / (1 + tokens), answer.timings().decoding().stream().mapToLong(DecodingRecord::passes).sum());
        }
      }
    }
    try (TinyHeads tiny = new TinyHeads(folder, "chain", ADVERSARY, true)) {
      List<Answer.Content> plain = contents(tiny.run(List.of(request), 1));
      for (SpecDec choice : HEADS) {
        Answer answer = tiny.run(List.of(Requests.decoded(request, choice)), 1).getFirst();
        assertEquals(plain.getFirst(), answer.content());
        Answer.expectSums(answer.timings().decoding());
        DecodingRecord drafts = drafts(answer);
        if (drafts == null) continue;
        assertEquals(0, drafts.accepted());
        assertEquals(1.0, drafts.tokensPerPass());
      }
    }
  }

  @Test
  void theHeuristicGrowsWithWhatIsAcceptedAndShrinksWithWhatIsNot() throws Exception {
    DecodingChoice heuristic = new SpecDec(Stop.HEURISTIC, 63, Double.NaN, false);
    try (TinyHeads tiny = new TinyHeads(folder, "chain", ORACLE, false)) {
      Answer answer = tiny.run(List.of(Requests.decoded(certain(40, StopRule.END_OF_TEXT), heuristic)), 1).getFirst();
      // Chains of 5, 7, 9 and 11, each with the target's own token, are 36 tokens; the prompt's is one, the last two share a pass.
      assertEquals(5, answer.timings().decoding().stream().mapToLong(DecodingRecord::passes).sum());
    }
    try (TinyHeads tiny = new TinyHeads(folder, "chain", ADVERSARY, false)) {
      Answer answer = tiny.run(List.of(Requests.decoded(certain(20, StopRule.END_OF_TEXT), heuristic)), 1).getFirst();
      // 5, 4, 3, 2, then 1 as long as there is room for a draft: the last of 19 passes has none.
      assertEquals(5 + 4 + 3 + 2 + 14, drafts(answer).drafted());
    }
  }

  @Test
  void everyLengthEndsAChain() throws Exception {
    try (TinyHeads tiny = new TinyHeads(folder, "chain", ORACLE, true)) {
      for (int length = 1; length < 26; length++) {
        for (DecodingChoice choice : CHOICES) {
          Answer answer = tiny.run(List.of(Requests.decoded(certain(length, StopRule.END_OF_TEXT), choice)), 1).getFirst();
          assertEquals(java.util.Collections.nCopies(length, TOKEN), answer.tokens());
          assertEquals(new FinishReason.Length(), answer.reason());
          Answer.expectSums(answer.timings().decoding());
        }
      }
    }
  }

  @Test
  void aStopStringEndsAChain() throws Exception {
    // Text of a token: its number in brackets.
    String word = "[" + TOKEN + "]";
    try (TinyHeads tiny = new TinyHeads(folder, "chain", ORACLE, true)) {
      for (int times = 2; times < 14; times += 3) {
        var rule = new StopRule(List.of(word.repeat(times)), Set.of(), true, 0, false);
        for (DecodingChoice choice : CHOICES) {
          try (Engine engine = tiny.engine(1, Engines::bracketed)) {
            Answer answer = Answer.await(engine.submit(Requests.decoded(certain(60, rule), choice)));
            assertEquals(times, answer.tokens().size());
            assertEquals(new FinishReason.StopString(word.repeat(times)), answer.reason());
            Answer.expectSums(answer.timings().decoding());
          }
        }
      }
    }
  }

  @Test
  void whoIsCancelledInsideAChainKeepsWhatWasCommitted() throws Exception {
    try (TinyHeads tiny = new TinyHeads(folder, "chain", ORACLE, true)) {
      for (DecodingChoice choice : CHOICES) {
        try (Engine engine = tiny.engine(1)) {
          GenerationRequest request = Requests.decoded(certain(400, StopRule.END_OF_TEXT), choice);
          Outbox outbox = engine.submit(request);
          while (!(outbox.take() instanceof GenerationEvent.Committed)) {}
          engine.cancel(request.id());
          GenerationEvent.Finished finished = null;
          while (finished == null) {
            GenerationEvent event = outbox.take();
            if (event instanceof GenerationEvent.Committed committed) for (int token : committed.tokens().toArray()) assertEquals(TOKEN, token);
            if (event instanceof GenerationEvent.Finished last) finished = last;
          }
          Answer.expectSums(finished.timings().decoding());
          Engines.expectNothingHeld(engine);
        }
      }
    }
  }

  @Test
  void whatIsMissingIsSaid() throws Exception {
    try (TinyHeads root = new TinyHeads(folder, "root", ORACLE, false);
        Engine engine = root.engine(1)) {
      EngineRefusal refusal = assertThrows(EngineRefusal.class, () -> engine.submit(Requests.decoded(certain(4, StopRule.END_OF_TEXT), SpecDec.DEFAULT)));
      assertTrue(refusal.getMessage().contains("chain"), refusal.getMessage());
    }
    try (TinyHeads chain = new TinyHeads(folder, "chain", ORACLE, false);
        Engine engine = chain.engine(1)) {
      GenerationRequest byHead = Requests.decoded(certain(4, StopRule.END_OF_TEXT), new SpecDec(Stop.HEAD, 4, Double.NaN, false));
      EngineRefusal refusal = assertThrows(EngineRefusal.class, () -> engine.submit(byHead));
      assertTrue(refusal.getMessage().contains("train acceptance"), refusal.getMessage());
      Answer answer = Answer.await(engine.submit(Requests.decoded(certain(4, StopRule.END_OF_TEXT), SpecDec.DEFAULT)));
      assertEquals(4, answer.tokens().size(), "without a word the confidences do");
    }
  }

  /** Greedy, and always the same token. */
  private static GenerationRequest certain(int length, StopRule stop) {
    return Requests.only("certain", length, stop, TOKEN);
  }

  private static @Nullable DecodingRecord drafts(Answer answer) {
    return answer.timings().decoding().stream().filter(record -> record.strategy() == Strategy.SPECDEC).findFirst().orElse(null);
  }

  private static List<Answer.Content> contents(List<Answer> answers) {
    return answers.stream().map(Answer::content).toList();
  }
}
