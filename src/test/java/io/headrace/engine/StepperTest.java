package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.DecodingStrategy;
import io.headrace.decode.PlainDecoding;
import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.RequestId;
import io.headrace.kv.BlockPool;
import io.headrace.kv.PoolInvariants;
import io.headrace.schedule.DecodeFirst;
import io.headrace.testing.Answer;
import io.headrace.testing.Drafts;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The step itself, without a thread. */
final class StepperTest {
  private static final Set<Integer> END = Set.of(3);

  private final EngineCounters counters = new EngineCounters();

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void thePoolIsSoundAfterEveryStepOfAnyTraffic(long seed) {
    var random = new SplittableRandom(seed);
    // Two tokens: prefixes are shared and blocks collide all the time.
    List<GenerationRequest> requests = Requests.mixed(seed, 60, 2, 40, 60);
    Map<RequestId, Answer.Content> alone = new HashMap<>();
    for (GenerationRequest request : requests) alone.put(request.id(), alone(request));

    var model = ScriptedModel.withBlocks(6 + (int) seed * 3);
    EngineOptions options =
        EngineOptions.defaults(END)
            .withMaxRunning(6)
            .withStepTokens(48)
            .withPrefillChunk(1 + (int) seed * 4);
    // Plans follow measured times; with a clock that ticks when it is read they are the same in every run.
    var time = new AtomicLong();
    var stepper = new Stepper(model, options, new DecodeFirst(), () -> time.addAndGet(50_000), counters);
    Map<RequestId, Outbox> outboxes = new HashMap<>();
    Set<RequestId> cancelled = new HashSet<>();
    int next = 0;
    for (int i = 0; next < requests.size() || stepper.hasWork(); i++) {
      assertTrue(i < 100_000, "it does not end");
      if (next < requests.size() && random.nextInt(4) == 0) {
        GenerationRequest request = requests.get(next++);
        var kind = Drafts.Kind.values()[random.nextInt(Drafts.Kind.values().length)];
        List<Integer> answer = alone.get(request.id()).tokens();
        outboxes.put(request.id(), submit(stepper, request, new Drafts(kind, answer, 40)));
      }
      if (random.nextInt(25) == 0 && !outboxes.isEmpty()) {
        RequestId id =
            outboxes.keySet().stream()
                .skip(random.nextInt(outboxes.size()))
                .findFirst()
                .orElseThrow();
        cancelled.add(id);
        stepper.cancel(id);
      } else {
        StepOutcome outcome = stepper.step();
        if (outcome instanceof StepOutcome.Idle)
          assertFalse(stepper.hasWork(), "idle with work to do");
        else
          assertTrue(
              assertInstanceOf(StepOutcome.Committed.class, outcome).rows() > 0,
              "a step that computes nothing");
      }
      assertEquals(List.of(), PoolInvariants.violations(stepper.photograph()));
    }
    outboxes.forEach(
        (id, outbox) -> {
          Answer answer = Answer.drained(outbox);
          if (cancelled.contains(id) && answer.reason() instanceof FinishReason.Cancelled) {
            assertEquals(
                alone.get(id).tokens().subList(0, answer.tokens().size()), answer.tokens());
          } else {
            assertEquals(alone.get(id), answer.content());
          }
        });
    assertEquals(0, stepper.pool().held());
    assertEquals(0, counters.queued.get());
    assertTrue(counters.get(EngineCounters.Count.PREFIX_HITS) > 0);
    assertTrue(
        seed > 2 || counters.get(EngineCounters.Count.PREEMPTIONS) > 0,
        "a tiny pool without a preemption");
  }

  @Test
  void aLongPromptDoesNotHoldUpAStream() {
    var model = ScriptedModel.withBlocks(64);
    EngineOptions options = EngineOptions.defaults(END).withMaxRunning(4).withStepTokens(32);
    var stepper = new Stepper(model, options, new DecodeFirst(), System::nanoTime, counters);
    Outbox stream = submit(stepper, Requests.plain("stream", 30, 1), new PlainDecoding());
    stepper.step();
    submit(stepper, Requests.plain("long", 1, new int[400]), new PlainDecoding());
    Answer.drained(stream);
    for (int i = 0; i < 12; i++) {
      stepper.step();
      assertEquals(1, tokensOf(stream), "a step without a token for the stream");
      assertTrue(model.mostRows <= 32);
    }
  }

  @Test
  void theOldestIsNeverPreemptedAndTheVictimComesBackFirst() {
    var model = ScriptedModel.withBlocks(6);
    var stepper =
        new Stepper(
            model, EngineOptions.defaults(END), new DecodeFirst(), System::nanoTime, counters);
    List<Outbox> outboxes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      outboxes.add(submit(stepper, Requests.plain("q" + i, 60, i, i, i), new PlainDecoding()));
    }
    while (stepper.hasWork()) stepper.step();
    List<Answer> answers = outboxes.stream().map(Answer::drained).toList();
    assertEquals(0, answers.getFirst().timings().preemptions());
    assertTrue(answers.getLast().timings().preemptions() > 0);
    for (Answer answer : answers) assertEquals(60, answer.tokens().size());
  }

  @Test
  void draftsAreDroppedWhereTheyWouldCostABlockSomebodyNeeds() {
    // One sequence whose tree would need a second block while there is only one in all.
    var model = ScriptedModel.withBlocks(1);
    var stepper =
        new Stepper(
            model, EngineOptions.defaults(END), new DecodeFirst(), System::nanoTime, counters);
    Outbox outbox =
        submit(
            stepper,
            Requests.plain("a", 14, 1, 2, 3),
            new Drafts(Drafts.Kind.ADVERSARY, List.of(), 40));
    while (stepper.hasWork()) stepper.step();
    assertEquals(14, Answer.drained(outbox).tokens().size());
  }

  @Test
  void equalPromptsThatArriveTogetherAreComputedOnce() {
    var model = ScriptedModel.withBlocks(64);
    var stepper =
        new Stepper(
            model, EngineOptions.defaults(END), new DecodeFirst(), System::nanoTime, counters);
    List<Outbox> outboxes = new ArrayList<>();
    for (int i = 0; i < 4; i++)
      outboxes.add(submit(stepper, Requests.plain("n" + i, 4, new int[65]), new PlainDecoding()));
    stepper.step();
    assertEquals(5, stepper.pool().held());
    stepper.step(); // without prompts, to see what a step of one stream costs
    assertEquals(5, stepper.pool().held());
    stepper.step();
    // Four blocks of the prompt are shared, each has one of its own.
    assertEquals(4 + 4, stepper.pool().held());
    while (stepper.hasWork()) stepper.step();
    assertEquals(3 * 64, counters.get(EngineCounters.Count.PREFIX_HITS));
    assertEquals(65 + 3 + 4 * 3, counters.get(EngineCounters.Count.ROWS));
    for (Outbox outbox : outboxes)
      assertEquals(Answer.drained(outbox).content(), alone(Requests.plain("a", 4, new int[65])));
  }

  @Test
  void oneThatWaitsForAnothersPromptGoesOnWhenThatIsCancelled() {
    var model = ScriptedModel.withBlocks(64);
    EngineOptions options = EngineOptions.defaults(END).withMaxRunning(4).withStepTokens(32);
    var stepper = new Stepper(model, options, new DecodeFirst(), System::nanoTime, counters);
    submit(stepper, Requests.plain("first", 4, new int[200]), new PlainDecoding());
    Outbox second = submit(stepper, Requests.plain("second", 4, new int[200]), new PlainDecoding());
    stepper.step();
    stepper.cancel(new RequestId("first"));
    while (stepper.hasWork()) stepper.step();
    assertEquals(4, Answer.drained(second).tokens().size());
    assertTrue(counters.get(EngineCounters.Count.PREFIX_HITS) >= 32, "what was computed is found");
  }

  @Test
  void promptsThatDifferEarlyDoNotWaitForEachOther() {
    var model = ScriptedModel.withBlocks(64);
    var stepper =
        new Stepper(
            model, EngineOptions.defaults(END), new DecodeFirst(), System::nanoTime, counters);
    for (int i = 0; i < 3; i++) {
      int[] prompt = new int[100];
      prompt[20] = 1 + i; // one block in common
      submit(stepper, Requests.plain("p" + i, 4, prompt), new PlainDecoding());
    }
    stepper.step();
    assertEquals(300, counters.get(EngineCounters.Count.ROWS));
  }

  private static int tokensOf(Outbox outbox) {
    int tokens = 0;
    for (var event = outbox.poll(); event != null; event = outbox.poll()) {
      if (event instanceof GenerationEvent.Committed committed) tokens += committed.tokens().size();
    }
    return tokens;
  }

  private Answer.Content alone(GenerationRequest request) {
    var stepper =
        new Stepper(
            ScriptedModel.withBlocks(64),
            EngineOptions.defaults(END).withPrefixCache(false),
            new DecodeFirst(),
            System::nanoTime,
            new EngineCounters());
    Outbox outbox = submit(stepper, request, new PlainDecoding());
    counters.queued.decrementAndGet(); // that stepper counts elsewhere
    while (stepper.hasWork()) stepper.step();
    return Answer.drained(outbox).content();
  }

  private Outbox submit(Stepper stepper, GenerationRequest request, DecodingStrategy strategy) {
    var outbox = new Outbox(request.id(), _ -> {});
    counters.queued.incrementAndGet();
    stepper.accept(
        new Sequence(
            request,
            outbox,
            strategy,
            null,
            BlockPool.namespace("scripted-1", request.cacheSalt()),
            512,
            Sequence.endTokens(request.stop(), END),
            () -> {},
            System.nanoTime()));
    return outbox;
  }
}
