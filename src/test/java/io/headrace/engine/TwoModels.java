package io.headrace.engine;

import io.headrace.decode.StrategySource;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.testing.Requests;
import io.headrace.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A scripted model and its companions, and requests over them. */
final class TwoModels {
  static final int VOCABULARY = 40;

  private static final Set<Integer> END = Set.of(3);

  /** Switches often on scripted rows, which have about 2.7 bits. */
  static final DecodingChoice.Entropy LIVELY = entropy(2.7, 2, 3, true);

  private TwoModels() {}

  static DecodingChoice.Entropy entropy(double threshold, int window, int dwell, boolean startOnTarget) {
    return new DecodingChoice.Entropy("", threshold, window, dwell, 0.02, startOnTarget);
  }

  static DecodingChoice.Entropy entropy(String companion, double threshold) {
    return new DecodingChoice.Entropy(companion, threshold, 5, 8, 0.1, true);
  }

  /** Many of all kinds, some with shared beginnings. */
  static List<GenerationRequest> requests() {
    List<GenerationRequest> requests = new ArrayList<>(Requests.mixed(21, 24, VOCABULARY, 100, 60));
    requests.addAll(Requests.mixed(22, 12, 2, 60, 120));
    return requests;
  }

  /** Plain, n-gram and switching requests in turn. */
  static List<GenerationRequest> mixed(List<GenerationRequest> requests, int shift, DecodingChoice.Entropy choice) {
    List<GenerationRequest> all = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      GenerationRequest request = requests.get(i);
      all.add(
          switch ((i + shift) % 4) {
            case 0 -> request;
            case 1 -> Requests.decoded(request, DecodingChoice.Ngram.DEFAULT);
            default -> Requests.decoded(request, choice);
          });
    }
    return all;
  }

  static Answer.Content alone(GenerationRequest request, ScriptedModel model) throws InterruptedException {
    try (var engine = Engines.of(model, options())) {
      return Answer.await(engine.submit(request)).content();
    }
  }

  static ScriptedModel large(int blocks) {
    return ScriptedModel.withBlocks(blocks);
  }

  static ScriptedModel small(int blocks) {
    return ScriptedModel.withBlocks(blocks).withSeed(5);
  }

  static ScriptedModel other(int blocks) {
    return ScriptedModel.withBlocks(blocks).withSeed(9);
  }

  static StrategySource named(String... companions) {
    return StrategySource.ofChoice(null, List.of(companions));
  }

  static EngineOptions options() {
    return EngineOptions.defaults(END);
  }

  static Engine engine(List<ScriptedModel> models, EngineOptions options, StrategySource source) {
    List<Companion> companions = new ArrayList<>();
    for (int i = 1; i < models.size(); i++) companions.add(new Companion(i == 1 ? "small" : "other", models.get(i)));
    return Engines.of(models.getFirst(), companions, options, source);
  }
}
