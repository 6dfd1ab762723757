package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.StrategySource;
import io.headrace.decode.medusa.HeadsCard;
import io.headrace.decode.medusa.HeadsDrafter;
import io.headrace.decode.medusa.SharedHeads;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.DecodingRecord;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.RequestId;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import io.headrace.generation.TokenIds;
import io.headrace.kv.PoolInvariants;
import io.headrace.model.DecoderModel;
import io.headrace.model.DraftRounding;
import io.headrace.model.LoadOptions;
import io.headrace.model.LoadProgress;
import io.headrace.model.Models;
import io.headrace.schedule.DecodeFirst;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.QuantFormat;
import io.headrace.testing.Answer;
import io.headrace.testing.Requests;
import io.headrace.weights.SafetensorsWriter;
import io.headrace.weights.TensorFile;
import io.headrace.weights.WeightFile;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever heads guess, with a real decoder the output is that of plain decoding: alone, in batches of mixed choices, and where too few
 * blocks make sequences start again.
 */
@Timeout(300)
final class HeadsLawTest {
  private static final int VOCABULARY = 600;
  private static final int HEADS = 3;

  @TempDir Path folder;

  private final List<GenerationRequest> requests = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(strings = {"chain", "root", "medusa"})
  void headsGiveThePlainOutput(String kind) throws Exception {
    requests.addAll(Requests.mixed(21, 10, VOCABULARY, 60, 30));
    for (int i = 0; i < 6; i++) requests.add(repetitive(i));
    try (Kernels kernels = Kernels.open(options());
        WeightFile file = WeightFile.open(model());
        DecoderModel model = load(file, kernels);
        TensorFile tensors = tensors(kind, model.card().hiddenSize())) {
      HeadsCard card = HeadsCard.parse(card(kind, model.card().hiddenSize()).getBytes());
      try (var heads = new SharedHeads(model.guessHeads(file, tensors.tensors(), card.slice(), 4, DraftRounding.COMPACT), card, System::nanoTime)) {
        StrategySource strategies = StrategySource.ofChoice((always, most) -> new HeadsDrafter(heads, always, most));
        List<Answer.Content> plain = run(model, strategies, requests, 1).stream().map(Answer::content).toList();
        for (DecodingChoice choice : List.of(DecodingChoice.Medusa.DEFAULT, new DecodingChoice.Medusa(2), DecodingChoice.Auto.DEFAULT)) {
          long accepted = 0;
          long drafted = 0;
          for (int running : new int[] {1, 16}) {
            List<Answer> answers = run(model, strategies, requests.stream().map(each -> Requests.decoded(each, choice)).toList(), running);
            for (int i = 0; i < answers.size(); i++) {
              assertEquals(plain.get(i), answers.get(i).content(), choice + ", request " + i);
              for (DecodingRecord record : answers.get(i).timings().decoding()) {
                accepted += record.accepted();
                drafted += record.drafted();
              }
            }
          }
          assertTrue(drafted > 100 && accepted > 20, "%s: %d of %d".formatted(choice, accepted, drafted));
        }
        List<GenerationRequest> mixed = new ArrayList<>();
        DecodingChoice[] choices = {DecodingChoice.Medusa.DEFAULT, DecodingChoice.Ngram.DEFAULT, new DecodingChoice.Plain(), DecodingChoice.Auto.DEFAULT};
        for (int i = 0; i < requests.size(); i++) mixed.add(Requests.decoded(requests.get(i), choices[i % choices.length]));
        assertEquals(plain, run(model, strategies, mixed, 16).stream().map(Answer::content).toList());
      }
    }
  }

  private static GenerationRequest repetitive(int i) {
    return new GenerationRequest(
        new RequestId("repetitive-" + i),
        TokenIds.of(new Random(i).ints(5 + i, 20, 24).toArray()),
        40,
        i % 2 == 0 ? new Sampling.Greedy() : new Sampling.Random(1f, 0, 1f, 0f, i),
        new LogitAdjustments(1f, 0f, 0f, Map.of(20, 60f, 21, 59f)),
        StopRule.END_OF_TEXT,
        -1,
        -1,
        new DecodingChoice.Plain(),
        "");
  }

  private static List<Answer> run(DecoderModel model, StrategySource strategies, List<GenerationRequest> requests, int running) throws InterruptedException {
    EngineOptions options = EngineOptions.defaults(Set.of(3)).withMaxRunning(running);
    try (Engine engine =
        new Engine(
            model,
            options,
            _ -> {
              throw new AssertionError("no stop strings");
            },
            System::nanoTime,
            strategies,
            new DecodeFirst())) {
      List<Outbox> outboxes = requests.stream().map(engine::submit).toList();
      List<Answer> answers = new ArrayList<>();
      for (Outbox outbox : outboxes) answers.add(Answer.await(outbox));
      var pool = engine.photographPool().join();
      assertEquals(List.of(), PoolInvariants.violations(pool));
      return answers;
    }
  }

  private static Path model() throws URISyntaxException {
    return Path.of(Objects.requireNonNull(HeadsLawTest.class.getResource("/io/headrace/golden/tiny/llama-q4_1.gguf")).toURI());
  }

  private static DecoderModel load(WeightFile file, Kernels kernels) {
    // Few blocks, so that sequences that run together have to give way.
    LoadOptions options = LoadOptions.withBlocks(48).withLimits(128, 16, 128).withTaps(Set.of(), true);
    return (DecoderModel) Models.load(file, kernels, options, LoadProgress.IGNORED);
  }

  private KernelsOptions options() {
    Optional<Path> library = Optional.ofNullable(System.getProperty("headrace.native.path")).map(Path::of);
    return new KernelsOptions(2, true, Optional.empty(), 100, library, folder);
  }

  private TensorFile tensors(String kind, int hidden) throws IOException {
    Random random = new Random(7);
    SafetensorsWriter writer = new SafetensorsWriter();
    for (int head = 0; head < HEADS - 1; head++) {
      String name = "heads." + head;
      writer.add(name + ".state.weight", QuantFormat.F16, new long[] {32, hidden}, random(random, 32 * hidden));
      if (!kind.equals("medusa")) writer.add(name + ".token.weight", QuantFormat.F16, new long[] {32, hidden}, random(random, 32 * hidden));
      writer.add(name + ".bias", QuantFormat.F16, new long[] {32}, random(random, 32));
      writer.add(name + ".out.weight", QuantFormat.F16, new long[] {hidden, 32}, random(random, 32 * hidden));
    }
    Path file = folder.resolve("heads.safetensors");
    writer.write(file);
    return TensorFile.open(file);
  }

  private static float[] random(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) values[i] = 0.05f * (float) random.nextGaussian();
    return values;
  }

  private static String card(String kind, int hidden) {
    // Few tokens, so that the repetitive requests are often guessed right.
    int[] slice = IntStream.range(18, 30).toArray();
    return "{\"format\": 1, \"kind\": \"%s\", \"weights\": \"w\", \"hidden\": %d, \"vocabulary\": %d, \"heads\": %d, \"slice\": %s, \"reliability\": []}"
        .formatted(kind, hidden, VOCABULARY, HEADS, java.util.Arrays.toString(slice));
  }
}
