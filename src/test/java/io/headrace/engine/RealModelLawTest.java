package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertIterableEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.headrace.decode.StrategySource;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.DecodingRecord;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.RequestId;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import io.headrace.generation.TokenIds;
import io.headrace.generation.TokenLogprobs;
import io.headrace.model.LoadOptions;
import io.headrace.model.LoadProgress;
import io.headrace.model.Model;
import io.headrace.model.Models;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.Tier;
import io.headrace.testing.Answer;
import io.headrace.testing.DefaultModel;
import io.headrace.testing.Drafts;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import io.headrace.weights.WeightFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One law, many arms, on the real model: a request gives the same token ids and bit-equal log-probabilities alone and in company,
 * whatever the chunks, with a prefix hit and cold, after preemption, with drafts of any quality, with any number of threads and on any
 * instruction set. Every arm also shows that what it is about took place.
 */
@Timeout(900)
final class RealModelLawTest {
  /** Everything fits, with room for what the prefix cache remembers. */
  private static final int WIDE = 400;

  /** The longest request fits and little else. */
  private static final int NARROW = 44;

  private static final int ATTEMPTS = 12;

  /** Chunks as large as they can be: what an arm shows must not depend on how fast the machine is. */
  private static final EngineOptions PLAIN =
      EngineOptions.defaults(RealRequests.END).withPrefixCache(false).withStreamStretch(1_000_000);
  private static final List<GenerationRequest> REQUESTS = new ArrayList<>();
  private static final Map<RequestId, Answer.Content> ALONE = new HashMap<>();
  private static long stepsAlone;
  private static @Nullable Machine open;

  /** A model in memory and what computes it. */
  private record Machine(Tier highest, int threads, int blocks, Kernels kernels, Model model) {
    static Machine load(Tier highest, int threads, int blocks) {
      Path folder = Path.of(System.getProperty("java.io.tmpdir"), "headrace-test-kernels");
      Optional<Path> library = Optional.ofNullable(System.getProperty("headrace.native.path")).map(Path::of);
      Kernels kernels = Kernels.open(new KernelsOptions(threads, true, Optional.of(highest), 200, library, folder));
      try (WeightFile file = WeightFile.open(DefaultModel.path().orElseThrow())) {
        LoadOptions options = LoadOptions.withBlocks(blocks);
        return new Machine(highest, threads, blocks, kernels, Models.load(file, kernels, options, LoadProgress.IGNORED));
      } catch (RuntimeException failed) {
        kernels.close();
        throw failed;
      }
    }

    void close() {
      model.close();
      kernels.close();
    }
  }

  /**
   * One way of running the requests.
   *
   * @param name what is different
   * @param tier the best instruction set it may use
   * @param rounds how often the same engine gets all requests
   * @param longest requests with longer prompts are left out
   * @param drafts what is drafted, or null
   * @param shows asserts, on the engine's numbers after the last round, that what the arm is about took place
   */
  private record Arm(
      String name,
      Tier tier,
      int threads,
      int blocks,
      EngineOptions options,
      int rounds,
      int longest,
      Drafts.@Nullable Kind drafts,
      Consumer<EngineSnapshot> shows) {
    static Arm of(String name, EngineOptions options, Consumer<EngineSnapshot> shows) {
      return new Arm(name, Tier.AVX512, 2, WIDE, options, 1, Integer.MAX_VALUE, null, shows);
    }

    Arm on(Tier tier, int threads) {
      return new Arm(name, tier, threads, blocks, options, rounds, longest, drafts, shows);
    }

    Arm in(int blocks) {
      return new Arm(name, tier, threads, blocks, options, rounds, longest, drafts, shows);
    }

    Arm twice() {
      return new Arm(name, tier, threads, blocks, options, 2, longest, drafts, shows);
    }

    Arm upTo(int longest) {
      return new Arm(name, tier, threads, blocks, options, rounds, longest, drafts, shows);
    }

    Arm drafting(Drafts.Kind drafts) {
      return new Arm(name, tier, threads, blocks, options, rounds, longest, drafts, shows);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Arm> arms() {
    List<Arm> arms = new ArrayList<>();
    arms.add(Arm.of("batches of 2", batches(2), steps(0.35, 0.8)));
    arms.add(Arm.of("batches of 7", batches(7), steps(0.1, 0.35)));
    arms.add(Arm.of("batches of 32", batches(32), steps(0, 0.25)));
    arms.add(Arm.of("chunks of 1", batches(32).withPrefillChunk(1), s -> assertTrue(s.steps() >= 600)));
    arms.add(Arm.of("chunks of 7", batches(32).withPrefillChunk(7), s -> assertTrue(s.steps() >= 600 / 7)));
    arms.add(Arm.of("chunks of 64", batches(7).withPrefillChunk(64), steps(0.1, 0.4)));
    arms.add(Arm.of("chunks of 512, cut by steps of 100 tokens", PLAIN.withStepTokens(100), steps(0, 0.25)));
    arms.add(Arm.of("chunks by measured cost", batches(7).withStreamStretch(1.5), _ -> {}).upTo(305));
    arms.add(
        Arm.of("prefix hits", batches(32).withPrefixCache(true), s -> assertTrue(s.prefixHitTokens() > 2_000)).twice());
    for (Drafts.Kind kind : Drafts.Kind.values()) {
      arms.add(Arm.of(kind + " drafts", batches(7).withPrefixCache(true), trees(kind)).upTo(305).drafting(kind));
    }
    Consumer<EngineSnapshot> preempted =
        s -> {
          if (s.preemptions() == 0) throw new NotShown(s);
        };
    arms.add(Arm.of("preemption", batches(32), preempted).in(NARROW));
    arms.add(Arm.of("preemption with a prefix cache", batches(32).withPrefixCache(true), preempted).in(NARROW));
    arms.add(
        Arm.of("preemption with drafts", batches(32).withPrefillChunk(64), preempted)
            .in(NARROW)
            .drafting(Drafts.Kind.NOISE));
    arms.add(Arm.of("1 thread", batches(32), steps(0, 0.25)).on(Tier.AVX512, 1));
    arms.add(Arm.of("3 threads", batches(7).withPrefillChunk(64), steps(0, 0.4)).on(Tier.AVX512, 3).upTo(305));
    arms.add(Arm.of("AVX2", batches(32), steps(0, 0.25)).on(Tier.AVX2, 2).upTo(305));
    arms.add(Arm.of("scalar C++", batches(7), _ -> {}).on(Tier.SCALAR, 2).upTo(5));
    arms.add(Arm.of("Java", batches(7), _ -> {}).on(Tier.JAVA, 2).upTo(2));
    return arms.stream();
  }

  /** Prompts are computed in chunks of up to 512 tokens. */
  private static EngineOptions batches(int most) {
    return PLAIN.withMaxRunning(most);
  }

  /** Steps are within these shares of those that it takes when each runs alone. */
  private static Consumer<EngineSnapshot> steps(double least, double most) {
    return s -> {
      double share = (double) s.steps() / stepsAlone;
      assertTrue(share > least && share < most, "%d of %d steps".formatted(s.steps(), stepsAlone));
      assertEquals(0, s.prefixHitTokens());
      assertEquals(0, s.preemptions());
    };
  }

  private static Consumer<EngineSnapshot> trees(Drafts.Kind kind) {
    return s -> {
      // A batch of 7 takes a tenth to a third of the steps without drafts.
      boolean right = kind == Drafts.Kind.ORACLE || kind == Drafts.Kind.BUSHY_ORACLE;
      if (right) assertTrue(s.steps() < 0.1 * stepsAlone, "hardly a draft was accepted");
      boolean wrong = kind != Drafts.Kind.ORACLE;
      if (wrong) assertTrue(s.rows() + s.prefixHitTokens() > s.promptTokens() + s.generationTokens() + 200, "hardly one was refused");
    };
  }

  @BeforeAll
  static void runEachAlone() throws InterruptedException {
    assumeTrue(DefaultModel.path().isPresent(), DefaultModel::absence);
    Machine machine = machine(Tier.AVX512, 2, WIDE);
    assumeTrue(machine.kernels().tier() != Tier.JAVA, () -> "no native kernels: " + machine.kernels().describe());
    REQUESTS.addAll(RealRequests.all());
    try (var engine = Engines.of(machine.model(), PLAIN.withMaxRunning(1), StrategySource.ofChoice())) {
      List<Answer> answers = Engines.answers(engine, REQUESTS);
      for (int i = 0; i < REQUESTS.size(); i++) ALONE.put(REQUESTS.get(i).id(), answers.get(i).content());
      stepsAlone = engine.snapshot().steps();
    }
  }

  @AfterAll
  static void close() {
    if (open != null) open.close();
    open = null;
    ALONE.clear();
    REQUESTS.clear();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("arms")
  void aRequestGivesTheSameBits(Arm arm) throws InterruptedException {
    Machine machine = machine(arm.tier(), arm.threads(), arm.blocks());
    assumeTrue(
        machine.kernels().tier() == arm.tier() || !arm.name().equals(arm.tier().label()),
        () -> "this machine has no " + arm.tier().label());
    List<GenerationRequest> requests =
        REQUESTS.stream().filter(request -> request.prompt().size() <= arm.longest()).toList();
    StrategySource strategies =
        arm.drafts() == null ? StrategySource.ofChoice() : drafts(arm.drafts(), machine.model().card().vocabulary());
    for (int attempt = 1; ; attempt++) {
      try (var engine = Engines.of(machine.model(), arm.options(), strategies)) {
        for (int round = 0; round < arm.rounds(); round++) expectAlone(requests, Engines.answers(engine, requests));
        Engines.expectNothingHeld(engine);
        arm.shows().accept(engine.snapshot());
        return;
      } catch (NotShown timing) {
        if (attempt == ATTEMPTS) throw timing;
      }
    }
  }

  @Test
  void aRequestGivesTheSameBitsHoweverItIsDecoded() throws InterruptedException {
    Machine machine = machine(Tier.AVX512, 2, WIDE);
    List<DecodingChoice> ways = List.of(new DecodingChoice.Plain(), DecodingChoice.Ngram.DEFAULT, DecodingChoice.Auto.DEFAULT);
    long accepted = 0;
    for (int shift = 0; shift < ways.size(); shift++) {
      List<GenerationRequest> mixed = new ArrayList<>();
      for (int i = 0; i < REQUESTS.size(); i++) mixed.add(Requests.decoded(REQUESTS.get(i), ways.get((i + shift) % ways.size())));
      try (var engine = Engines.of(machine.model(), batches(shift == 0 ? 1 : 32), StrategySource.ofChoice())) {
        List<Answer> answers = Engines.answers(engine, mixed);
        expectAlone(REQUESTS, answers);
        for (Answer answer : answers) {
          Answer.expectSums(answer.timings().decoding());
          accepted += answer.timings().decoding().stream().mapToLong(DecodingRecord::accepted).sum();
        }
      }
    }
    assertTrue(accepted > 10, "hardly a draft was right: " + accepted);
  }

  /** What an arm is about did not take place, which depends on when requests arrive. The bits were right all the same. */
  private static final class NotShown extends AssertionError {
    NotShown(EngineSnapshot seen) {
      super(seen.toString());
    }
  }

  @Test
  void anOutputIsThePrefixOfTheNextTurnBitForBit() throws InterruptedException {
    // Blocks that decoding filled, one row at a time and between drafts, serve as the beginning of a prompt.
    Machine machine = machine(Tier.AVX512, 2, WIDE);
    List<GenerationRequest> first =
        REQUESTS.stream()
            .filter(request -> request.maxNewTokens() >= 20 && request.promptLogprobs() < 0)
            .filter(request -> request.stop().ignoreEndOfText())
            .map(request -> changed(request, request.prompt(), request.maxNewTokens()))
            .toList();
    EngineOptions options = batches(32).withPrefixCache(true);
    List<Answer.Content> whole = new ArrayList<>();
    try (var engine = Engines.of(machine.model(), PLAIN, StrategySource.ofChoice())) {
      for (Answer answer : Engines.answers(engine, first)) whole.add(answer.content());
    }
    for (StrategySource strategies : List.of(StrategySource.ofChoice(), drafts(Drafts.Kind.NOISE, 49_152))) {
      try (var engine = Engines.of(machine.model(), options, strategies)) {
        for (Answer answer : Engines.answers(engine, first)) assertTrue(answer.ended());
        List<GenerationRequest> next = new ArrayList<>();
        for (int i = 0; i < first.size(); i++) {
          GenerationRequest request = first.get(i);
          int told = request.maxNewTokens() - 3;
          int[] prompt = new int[request.prompt().size() + told];
          System.arraycopy(request.prompt().toArray(), 0, prompt, 0, request.prompt().size());
          for (int t = 0; t < told; t++) prompt[request.prompt().size() + t] = whole.get(i).tokens().get(t);
          next.add(changed(request, TokenIds.of(prompt), 3));
        }
        List<Answer> answers = Engines.answers(engine, next);
        for (int i = 0; i < next.size(); i++) {
          int told = first.get(i).maxNewTokens() - 3;
          Answer.Content rest = answers.get(i).content();
          assertEquals(whole.get(i).tokens().subList(told, told + 3), rest.tokens());
          assertIterableEquals(words(whole.get(i).logprobs().subList(told, told + 3)), words(rest.logprobs()));
          int full = next.get(i).prompt().size() / 16 * 16;
          assertTrue(answers.get(i).counts().cached() >= Math.min(full, next.get(i).prompt().size() - 1) - 16);
          if (first.get(i).prompt().size() > 100) {
            assertTrue(answers.get(i).counts().cached() > first.get(i).prompt().size(), "no decoded block was found");
          }
        }
      }
    }
  }

  /** A greedy request without adjustments, whose tokens depend on nothing but those before. */
  private static GenerationRequest changed(GenerationRequest request, TokenIds prompt, int maxNewTokens) {
    return new GenerationRequest(
        request.id(),
        prompt,
        maxNewTokens,
        new Sampling.Greedy(),
        LogitAdjustments.NONE,
        new StopRule(List.of(), Set.of(), true, 0, false),
        request.logprobs(),
        -1,
        request.decoding(),
        "");
  }

  @Test
  void whoVanishesChangesNothingForTheOthers() throws InterruptedException {
    Machine machine = machine(Tier.AVX512, 2, WIDE);
    try (var engine = Engines.of(machine.model(), batches(32).withPrefixCache(true), StrategySource.ofChoice())) {
      List<Outbox> outboxes = new ArrayList<>();
      for (int i = 0; i < REQUESTS.size(); i++) outboxes.add(engine.submit(REQUESTS.get(i)));
      for (int i = 0; i < REQUESTS.size(); i += 3) {
        // Some before they began, some in the middle; reading one's first tokens lets the others get on.
        if (i % 2 == 1) for (int n = 0; n < 3; n++) outboxes.get(i).take();
        engine.cancel(REQUESTS.get(i).id());
      }
      for (int i = 0; i < REQUESTS.size(); i++) {
        if (i % 3 > 0) expectAlone(REQUESTS.subList(i, i + 1), List.of(Answer.await(outboxes.get(i))));
      }
      for (int i = 0; i < REQUESTS.size(); i += 3) {
        while (!outboxes.get(i).ended()) outboxes.get(i).take();
      }
      Engines.expectNothingHeld(engine);
      assertTrue(engine.snapshot().finishedCancelled() > 3, "hardly one was cancelled in time");
    }
  }

  @Test
  void theBitsAreNotAllTheSameAnyway() {
    // The law would hold for a model that ignores its prompt.
    long different = REQUESTS.stream().map(request -> words(ALONE.get(request.id()).logprobs())).distinct().count();
    assertEquals(REQUESTS.size() - 1, different); // the last is the first again
  }

  private static void expectAlone(List<GenerationRequest> requests, List<Answer> answers) {
    for (int i = 0; i < requests.size(); i++) {
      GenerationRequest request = requests.get(i);
      Answer.Content alone = ALONE.get(request.id());
      Answer.Content content = answers.get(i).content();
      String which = "%s, %d prompt tokens".formatted(request.id().value(), request.prompt().size());
      assertEquals(alone.tokens(), content.tokens(), which);
      assertIterableEquals(words(alone.logprobs()), words(content.logprobs()), which);
      assertIterableEquals(words(alone.promptLogprobs()), words(content.promptLogprobs()), which);
      assertEquals(alone.reason(), content.reason(), which);
      assertEquals(alone.generated(), content.generated(), which);
    }
  }

  /** A line per position: token and bits of its log-probability, and the same of every alternative. */
  private static List<String> words(List<TokenLogprobs> logprobs) {
    List<String> lines = new ArrayList<>();
    for (TokenLogprobs each : logprobs) {
      var line = new StringBuilder(word(each.token(), each.logprob()));
      for (TokenLogprobs.Alternative other : each.top()) line.append(' ').append(word(other.token(), other.logprob()));
      lines.add(line.toString());
    }
    return lines;
  }

  private static String word(int token, float value) {
    return "%d:%08x".formatted(token, Float.floatToRawIntBits(value));
  }

  private static StrategySource drafts(Drafts.Kind kind, int vocabulary) {
    return (request, _) -> new Drafts(kind, ALONE.get(request.id()).tokens(), vocabulary);
  }

  /** Loads what is not loaded; one at a time, so arms on the same machine should follow one another. */
  private static Machine machine(Tier highest, int threads, int blocks) {
    Machine machine = open;
    if (machine != null) {
      if (machine.highest() == highest && machine.threads() == threads && machine.blocks() == blocks) return machine;
      open = null;
      machine.close();
    }
    machine = Machine.load(highest, threads, blocks);
    open = machine;
    return machine;
  }
}
