package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.StrategySource;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.model.DecoderModel;
import io.headrace.model.LoadOptions;
import io.headrace.model.LoadProgress;
import io.headrace.model.Models;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.Tier;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import io.headrace.weights.WeightFile;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real models on one team of threads, greedy and drawn, with penalties and bias: the laws of fusion that need no tolerance. */
@Timeout(300)
final class FusionModelsTest {
  private static final String TARGET = "llama-q8_0";
  private static final String OTHER = "qwen3-f32";
  private static Kernels kernels;
  private static List<GenerationRequest> requests;

  @BeforeAll
  static void open() {
    Optional<Path> library = Optional.ofNullable(System.getProperty("headrace.native.path")).map(Path::of);
    Path folder = Path.of(System.getProperty("java.io.tmpdir"), "headrace-test-kernels");
    kernels = Kernels.open(new KernelsOptions(2, true, Optional.of(Tier.AVX512), 200, library, folder));
    try (DecoderModel model = load(TARGET)) {
      requests = Requests.mixed(41, 14, model.card().vocabulary(), 60, 40).stream().map(request -> Requests.scored(request, 2, -1)).toList();
    }
  }

  @AfterAll
  static void close() {
    kernels.close();
  }

  @Test
  void withWeightZeroTheOutputIsThatOfPlainDecoding() throws InterruptedException {
    // With base and expert both unlike the target.
    try (DecoderModel target = load(TARGET);
        DecoderModel base = load(OTHER);
        DecoderModel expert = load(TARGET);
        Engine engine = engine(target, base, expert)) {
      assertEquals(contents(engine, new DecodingChoice.Plain()), contents(engine, fusion(OptionalDouble.of(0))));
    }
  }

  @Test
  void withTheBaseAsTargetTheOutputIsTheExperts() throws InterruptedException {
    try (DecoderModel target = load(TARGET);
        DecoderModel base = load(TARGET);
        DecoderModel expert = load(OTHER);
        Engine engine = engine(target, base, expert)) {
      List<Answer.Content> experts = contents(engine, new DecodingChoice.Companion("expert"));
      assertEquals(experts, contents(engine, fusion(OptionalDouble.empty())));
      assertEquals(experts, contents(engine, fusion(OptionalDouble.of(1))));
      assertTrue(!experts.equals(contents(engine, new DecodingChoice.Plain())), "the expert says what the target says");
    }
  }

  private static DecodingChoice fusion(OptionalDouble alpha) {
    return new DecodingChoice.Fusion("base", List.of("expert"), alpha);
  }

  private static List<Answer.Content> contents(Engine engine, DecodingChoice choice) throws InterruptedException {
    List<GenerationRequest> decoded = requests.stream().map(request -> Requests.decoded(request, choice)).toList();
    return Engines.answers(engine, decoded).stream().map(Answer::content).toList();
  }

  private static Engine engine(DecoderModel target, DecoderModel base, DecoderModel expert) {
    return Engines.of(
        target,
        List.of(new Companion("base", base), new Companion("expert", expert)),
        EngineOptions.defaults(Set.of(3)).withMaxRunning(12).withStepTokens(64),
        StrategySource.ofChoice(null, List.of("base", "expert")));
  }

  private static DecoderModel load(String name) {
    try {
      Path golden = Path.of(Objects.requireNonNull(FusionModelsTest.class.getResource("/io/headrace/golden/README.md")).toURI());
      try (WeightFile file = WeightFile.open(golden.resolveSibling("tiny/" + name + ".gguf"))) {
        return Models.load(file, kernels, LoadOptions.withBlocks(200).withLimits(64, 16, 64), LoadProgress.IGNORED);
      }
    } catch (URISyntaxException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
