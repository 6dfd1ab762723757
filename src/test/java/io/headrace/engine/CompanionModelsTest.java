package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.DecodingStrategy;
import io.headrace.decode.ModelRows;
import io.headrace.decode.SequenceView;
import io.headrace.decode.StepTerms;
import io.headrace.decode.StrategySource;
import io.headrace.decode.TokenTree;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.ModelTokens;
import io.headrace.generation.RequestId;
import io.headrace.model.DecoderModel;
import io.headrace.model.ForwardBatch;
import io.headrace.model.LoadOptions;
import io.headrace.model.LoadProgress;
import io.headrace.model.LogitRows;
import io.headrace.model.Models;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.Tier;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.ForwardingStrategy;
import io.headrace.testing.Requests;
import io.headrace.weights.WeightFile;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two real models of different architectures on one team of threads, switching by entropy: what is put out does not depend on company,
 * chunks, cache hits, preemption; and whatever a model chose, it chose from the logits that a cold pass over the whole text gives.
 */
@Timeout(300)
final class CompanionModelsTest {
  private static Kernels kernels;
  private static final Map<RequestId, Answer> ALONE = new HashMap<>();
  private static List<GenerationRequest> requests;
  private static DecodingChoice.Entropy choice;

  @BeforeAll
  static void decodeEachAlone() throws InterruptedException {
    Optional<Path> library = Optional.ofNullable(System.getProperty("headrace.native.path")).map(Path::of);
    Path folder = Path.of(System.getProperty("java.io.tmpdir"), "headrace-test-kernels");
    kernels = Kernels.open(new KernelsOptions(2, true, Optional.of(Tier.AVX512), 200, library, folder));
    try (DecoderModel model = load("llama-q8_0", 8)) {
      requests = new ArrayList<>();
      for (GenerationRequest request : Requests.mixed(31, 14, model.card().vocabulary(), 60, 40)) {
        requests.add(Requests.scored(request, 2, -1));
      }
    }
    // Tiny random models are all but undecided: the threshold that divides their rows is found by trying.
    long most = -1;
    for (double threshold : new double[] {0.5, 1, 2, 3, 4, 5, 6, 6.5, 7, 7.5, 8, 8.5, 9}) {
      var tried = new DecodingChoice.Entropy("", threshold, 2, 3, 0, true);
      Map<RequestId, Answer> answers = new HashMap<>();
      long switches = 0;
      for (GenerationRequest request : requests) {
        Answer answer = run(64, EngineOptions.defaults(Set.of(3)).withPrefixCache(false), List.of(Requests.decoded(request, tried))).getFirst();
        answers.put(request.id(), answer);
        switches += answer.timings().models().stream().mapToLong(ModelTokens::takeovers).sum();
      }
      if (switches <= most) continue;
      most = switches;
      choice = tried;
      ALONE.putAll(answers);
    }
    assertTrue(most > 10, "hardly a switch: " + most);
  }

  @AfterAll
  static void close() {
    kernels.close();
  }

  private static DecoderModel load(String name, int blocks) {
    try {
      Path golden = Path.of(Objects.requireNonNull(CompanionModelsTest.class.getResource("/io/headrace/golden/README.md")).toURI());
      try (WeightFile file = WeightFile.open(golden.resolveSibling("tiny/" + name + ".gguf"))) {
        return Models.load(file, kernels, LoadOptions.withBlocks(blocks).withLimits(64, 16, 64), LoadProgress.IGNORED);
      }
    } catch (URISyntaxException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static List<Answer> run(int blocks, EngineOptions options, List<GenerationRequest> requests) throws InterruptedException {
    return rounds(blocks, options, requests, 1);
  }

  private static List<Answer> rounds(int blocks, EngineOptions options, List<GenerationRequest> requests, int rounds) throws InterruptedException {
    try (DecoderModel large = load("llama-q8_0", blocks);
        DecoderModel small = load("qwen3-f32", blocks);
        var engine =
            Engines.of(
                large,
                List.of(new Companion("small", small)),
                options.withMaxRunning(12).withStepTokens(64),
                StrategySource.ofChoice(null, List.of("small")))) {
      List<Answer> answers = new ArrayList<>();
      for (int round = 0; round < rounds; round++) {
        answers.addAll(Engines.answers(engine, requests));
      }
      return answers;
    }
  }

  private static List<GenerationRequest> switching() {
    return requests.stream().map(request -> Requests.decoded(request, choice)).toList();
  }

  @Test
  void whatIsPutOutIsTheSameInAnyCompany() throws InterruptedException {
    EngineOptions plain = EngineOptions.defaults(Set.of(3));
    for (EngineOptions options : List.of(plain, plain.withPrefillChunk(5), plain.withPrefixCache(false))) {
      for (int blocks : new int[] {200, 14}) {
        List<Answer> answers = rounds(blocks, options, switching(), 2);
        for (int i = 0; i < answers.size(); i++) {
          assertEquals(ALONE.get(requests.get(i % requests.size()).id()).content(), answers.get(i).content());
        }
      }
    }
  }

  @Test
  void afterEverySwitchAModelAnswersAsAColdPassOverTheWholeTextDoes() throws InterruptedException {
    record Chosen(int model, int[] text, float[] row) {}
    List<Chosen> all = new ArrayList<>();
    GenerationRequest request = Requests.decoded(Requests.plain("x", 60, 1, 2, 3, 4, 5, 6, 7), choice);
    try (DecoderModel large = load("llama-q8_0", 32);
        DecoderModel small = load("qwen3-f32", 32)) {
      StrategySource source =
          (asked, model) ->
              new Watched(
                  StrategySource.ofChoice(null, List.of("small")).strategyFor(asked, model),
                  (number, text, row) -> all.add(new Chosen(number, text, row)));
      try (var engine =
          Engines.of(
              large,
              List.of(new Companion("small", small)),
              EngineOptions.defaults(Set.of(3)).withMaxRunning(4).withStepTokens(64).withPrefillChunk(5),
              source)) {
        Answer.await(engine.submit(request));
      }
      int switches = 0;
      for (int i = 0; i < all.size(); i++) {
        if (i > 0 && all.get(i).model == all.get(i - 1).model) continue;
        switches++;
        DecoderModel model = all.get(i).model == 0 ? large : small;
        int[] text = all.get(i).text;
        int[] table = new int[text.length / 16 + 1];
        for (int b = 0; b < table.length; b++) table[b] = b;
        ForwardBatch cold = model.newBatch();
        cold.addChain(table, table.length, 0, text, 0, text.length, 1);
        float[] row = new float[all.get(i).row.length];
        model.forward(cold).copyRow(0, row);
        assertArrayEquals(row, all.get(i).row);
      }
      assertTrue(switches > 2, switches + " switches");
    }
  }

  private interface Watcher {
    void chose(int model, int[] text, float[] row);
  }

  /** A strategy, and what each of its tokens was chosen from. */
  private static final class Watched extends ForwardingStrategy {
    private final Watcher watcher;
    private int[] text = {};

    Watched(DecodingStrategy own, Watcher watcher) {
      super(own);
      this.watcher = watcher;
    }

    @Override
    public TokenTree propose(SequenceView sequence, StepTerms terms) {
      text = new int[sequence.size()];
      for (int i = 0; i < text.length; i++) text[i] = sequence.token(i);
      return own.propose(sequence, terms);
    }

    @Override
    public LogitRows combine(ModelRows rows) {
      int model = Integer.numberOfTrailingZeros(own.models());
      LogitRows chosen = own.combine(rows);
      float[] row = new float[chosen.vocabulary()];
      chosen.copyRow(0, row);
      watcher.chose(model, text, row);
      return chosen;
    }
  }

  @Test
  void plainOnesBesideThemAreAsAlone() throws InterruptedException {
    EngineOptions options = EngineOptions.defaults(Set.of(3));
    List<GenerationRequest> all = new ArrayList<>(requests);
    List<Answer.Content> alone = new ArrayList<>();
    for (GenerationRequest request : requests) alone.add(run(64, options, List.of(request)).getFirst().content());
    for (int i = 0; i < all.size(); i += 2) all.set(i, Requests.decoded(all.get(i), choice));
    List<Answer> answers = run(200, options, all);
    for (int i = 0; i < all.size(); i++) {
      assertEquals(i % 2 == 0 ? ALONE.get(all.get(i).id()).content() : alone.get(i), answers.get(i).content());
    }
  }
}
