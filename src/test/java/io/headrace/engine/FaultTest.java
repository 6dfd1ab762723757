package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.DecodingStrategy;
import io.headrace.decode.Fidelity;
import io.headrace.decode.PlainDecoding;
import io.headrace.decode.SequenceView;
import io.headrace.decode.StepTerms;
import io.headrace.decode.StrategySource;
import io.headrace.decode.TokenTree;
import io.headrace.decode.Verdict;
import io.headrace.generation.Failure;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.StopRule;
import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What breaks ends what it belongs to and nothing else, and leaves no block behind. */
@Timeout(120)
final class FaultTest {
  private static final EngineOptions OPTIONS = EngineOptions.defaults(Set.of(3));

  private final ScriptedModel model = ScriptedModel.withBlocks(64);

  /** Ways for a strategy to go wrong at its third token. */
  enum Defect {
    PROPOSE_THROWS,
    PROPOSES_NULL,
    PROPOSES_TOO_MUCH,
    PROPOSES_ANOTHER_ROOT,
    PROPOSES_NO_TOKEN,
    JUDGE_THROWS,
    JUDGE_LEAVES_THE_PICKER_AHEAD_AND_THROWS,
    ACCEPTS_A_NODE_THAT_DOES_NOT_FOLLOW,
    ENDS_WITHOUT_A_TOKEN
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 20})
  void aFaultOfThePassEndsItsSequencesAndTheEngineGoesOn(int pass) throws InterruptedException {
    List<Answer.Content> expected = new ArrayList<>();
    try (var engine = Engines.of(ScriptedModel.withBlocks(64), OPTIONS)) {
      for (int i = 0; i < 8; i++)
        expected.add(Answer.await(engine.submit(request("e" + i, i))).content());
    }
    model.faultAtPass = pass;
    try (var engine = Engines.of(model, OPTIONS)) {
      List<Outbox> outboxes = new ArrayList<>();
      for (int i = 0; i < 8; i++) outboxes.add(engine.submit(request("a" + i, i)));
      int failed = 0;
      for (int i = 0; i < 8; i++) {
        Answer answer = Answer.await(outboxes.get(i));
        if (answer.failure() == null) {
          assertEquals(expected.get(i), answer.content());
          continue;
        }
        assertInstanceOf(Failure.Internal.class, answer.failure());
        assertTrue(answer.failure().message().contains("pass " + pass), answer.failure().message());
        assertEquals(expected.get(i).tokens().subList(0, answer.tokens().size()), answer.tokens());
        failed++;
      }
      assertTrue(failed > 0);
      for (int i = 0; i < 8; i++)
        assertEquals(expected.get(i), Answer.await(engine.submit(request("b" + i, i))).content());
      assertEquals(failed, engine.snapshot().finishedFailed());
      Engines.expectNothingHeld(engine);
    }
  }

  @ParameterizedTest
  @EnumSource(Defect.class)
  void aDefectiveStrategyEndsItsOwnSequenceOnly(Defect defect) throws InterruptedException {
    StrategySource source =
        (request, m) ->
            request.id().value().equals("bad") ? new Defective(defect) : new PlainDecoding();
    try (var engine = Engines.of(model, OPTIONS, source)) {
      Answer alone = Answer.await(engine.submit(request("alone", 4)));
      List<Outbox> outboxes = new ArrayList<>();
      for (int i = 0; i < 3; i++) outboxes.add(engine.submit(request("good" + i, 4)));
      Outbox bad = engine.submit(request("bad", 4));
      for (int i = 3; i < 6; i++) outboxes.add(engine.submit(request("good" + i, 4)));
      Answer failed = Answer.await(bad);
      assertInstanceOf(Failure.Internal.class, failed.failure());
      assertEquals(alone.tokens().subList(0, 2), failed.tokens());
      for (Outbox outbox : outboxes) assertEquals(alone.content(), Answer.await(outbox).content());
      Engines.expectNothingHeld(engine);
      assertTrue(engine.healthy());
    }
  }

  @Test
  void aRowThatIsNoNumberEndsItsOwnSequenceOnly() throws InterruptedException {
    try (var engine = Engines.of(model, OPTIONS)) {
      Answer alone = Answer.await(engine.submit(request("alone", 4)));
      int poison = 5;
      while (alone.tokens().contains(poison)) poison++;
      model.poisonToken = poison;
      List<Outbox> good = new ArrayList<>();
      List<Outbox> bad = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        good.add(engine.submit(request("good" + i, 4)));
        bad.add(engine.submit(Requests.scored(request("bad" + i, poison), i % 2 - 1, i / 2 - 1)));
      }
      for (Outbox outbox : bad) {
        Answer answer = Answer.await(outbox);
        assertInstanceOf(Failure.Internal.class, answer.failure());
        assertTrue(answer.failure().message().contains("finite"), answer.failure().message());
        assertEquals(List.of(), answer.tokens());
      }
      for (Outbox outbox : good) assertEquals(alone.content(), Answer.await(outbox).content());
      Engines.expectNothingHeld(engine);
    }
  }

  @Test
  void aStopProbeThatThrowsEndsItsOwnSequenceOnly() throws InterruptedException {
    StopProbe broken =
        (token, armed) -> {
          throw new IllegalStateException("the probe is broken");
        };
    try (var engine =
        Engines.of(model, List.of(), OPTIONS, rule -> broken, StrategySource.ofChoice())) {
      Outbox good = engine.submit(request("good", 4));
      var rule = new StopRule(List.of("x"), Set.of(), true, 0, false);
      Answer answer = Answer.await(engine.submit(Requests.stopping(request("bad", 4), rule)));
      assertTrue(answer.failure().message().contains("the probe is broken"));
      assertEquals(30, Answer.await(good).tokens().size());
      Engines.expectNothingHeld(engine);
    }
  }

  @Test
  void aModelThatCannotStartIsTheCallersError() {
    var broken = ScriptedModel.withBlocks(4).withLimits(1, 0, 1);
    assertThrows(IllegalArgumentException.class, () -> Engines.of(broken, OPTIONS));
  }

  private static GenerationRequest request(String id, int token) {
    return Requests.plain(id, 30, 1, 2, token);
  }

  /** Plain decoding until its third token. */
  private static final class Defective implements DecodingStrategy {
    private final PlainDecoding plain = new PlainDecoding();
    private final Defect defect;
    private int proposals;

    Defective(Defect defect) {
      this.defect = defect;
    }

    @Override
    public TokenTree propose(SequenceView sequence, StepTerms terms) {
      int maxNodes = terms.maxNodes();
      proposals++;
      TokenTree tree = plain.propose(sequence, terms);
      if (proposals < 3) return tree;
      return switch (defect) {
        case PROPOSE_THROWS -> throw new IllegalStateException("no idea");
        case PROPOSES_NULL -> null;
        case PROPOSES_TOO_MUCH -> {
          for (int i = 0; i < maxNodes; i++) tree.add(i, 1);
          yield tree;
        }
        case PROPOSES_ANOTHER_ROOT -> tree.root((sequence.token(sequence.size() - 1) + 1) % 40);
        case PROPOSES_NO_TOKEN -> {
          tree.add(0, 40);
          yield tree;
        }
        default -> {
          tree.add(0, 1);
          tree.add(0, 2);
          yield tree;
        }
      };
    }

    @Override
    public Verdict judge(TokenTree tree, LogitRows rows, TokenPicker picker) {
      if (proposals < 3) return plain.judge(tree, rows, picker);
      return switch (defect) {
        case JUDGE_LEAVES_THE_PICKER_AHEAD_AND_THROWS -> {
          picker.follow(1);
          throw new IllegalStateException("lost");
        }
        case ACCEPTS_A_NODE_THAT_DOES_NOT_FOLLOW -> {
          var verdict = new Verdict();
          verdict.accept(1);
          verdict.accept(2);
          yield verdict.finish(5);
        }
        case ENDS_WITHOUT_A_TOKEN -> new Verdict();
        default -> throw new IllegalStateException("no verdict");
      };
    }

    @Override
    public void rebase(int committedTokens) {}

    @Override
    public Fidelity fidelity() {
      return Fidelity.APPROXIMATE;
    }

    @Override
    public Strategy proposer() {
      return Strategy.PLAIN;
    }

    @Override
    public int mostNodes() {
      return 4;
    }
  }
}
