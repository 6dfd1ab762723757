package io.headrace.engine;


import io.headrace.decode.StrategySource;
import io.headrace.decode.medusa.HeadsCard;
import io.headrace.decode.medusa.HeadsDrafter;
import io.headrace.decode.medusa.SharedHeads;
import io.headrace.decode.specdec.ChainDrafter;
import io.headrace.decode.specdec.ChainJudge;
import io.headrace.decode.specdec.StopCard;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.StopRule;
import io.headrace.model.DecoderModel;
import io.headrace.model.DraftRounding;
import io.headrace.model.LoadOptions;
import io.headrace.model.LoadProgress;
import io.headrace.model.Models;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.QuantFormat;
import io.headrace.testing.Answer;
import io.headrace.testing.Engines;
import io.headrace.weights.SafetensorsWriter;
import io.headrace.weights.TensorFile;
import io.headrace.weights.WeightFile;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A tiny decoder with heads, and a head that judges them, whose weights are random. Too few blocks for many sequences at once. */
final class TinyHeads implements AutoCloseable {
  static final int VOCABULARY = 600;
  static final int HEADS = 3;

  private static final int INNER = 32;

  private final Kernels kernels;
  private final WeightFile file;
  private final DecoderModel model;
  private final SharedHeads heads;
  private final @Nullable ChainJudge judge;

  /**
   * @param folder for files
   * @param kind of the heads
   * @param slice tokens they guess
   * @param judged whether there is an acceptance head
   */
  TinyHeads(Path folder, String kind, int[] slice, boolean judged) throws IOException {
    Optional<Path> library = Optional.ofNullable(System.getProperty("headrace.native.path")).map(Path::of);
    kernels = Kernels.open(new KernelsOptions(2, true, Optional.empty(), 100, library, folder));
    file = WeightFile.open(path());
    LoadOptions options = LoadOptions.withBlocks(48).withLimits(128, 16, 128).withTaps(Set.of(), true);
    model = (DecoderModel) Models.load(file, kernels, options, LoadProgress.IGNORED);
    int hidden = model.card().hiddenSize();
    HeadsCard card = HeadsCard.parse(card(kind, hidden, slice).getBytes(StandardCharsets.UTF_8));
    try (TensorFile tensors = tensors(folder, kind, hidden)) {
      heads = new SharedHeads(model.guessHeads(file, tensors.tensors(), card.slice(), 4, DraftRounding.COMPACT), card, System::nanoTime);
    }
    judge = judged ? judge(folder, model) : null;
  }

  private static Path path() {
    try {
      return Path.of(Objects.requireNonNull(TinyHeads.class.getResource("/io/headrace/golden/tiny/llama-q4_1.gguf")).toURI());
    } catch (URISyntaxException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static TensorFile tensors(Path folder, String kind, int hidden) throws IOException {
    Random random = new Random(7);
    SafetensorsWriter writer = new SafetensorsWriter();
    for (int head = 0; head < HEADS - 1; head++) {
      String name = "heads." + head;
      writer.add(name + ".state.weight", QuantFormat.F16, new long[] {INNER, hidden}, random(random, INNER * hidden));
      if (!kind.equals("medusa")) writer.add(name + ".token.weight", QuantFormat.F16, new long[] {INNER, hidden}, random(random, INNER * hidden));
      writer.add(name + ".bias", QuantFormat.F16, new long[] {INNER}, random(random, INNER));
      writer.add(name + ".out.weight", QuantFormat.F16, new long[] {hidden, INNER}, random(random, INNER * hidden));
    }
    Path file = folder.resolve("heads.safetensors");
    writer.write(file);
    return TensorFile.open(file);
  }

  private static ChainJudge judge(Path folder, DecoderModel model) throws IOException {
    int hidden = model.card().hiddenSize();
    int features = StopCard.FEATURES.size();
    Random random = new Random(8);
    Path path = folder.resolve("acceptance.safetensors");
    new SafetensorsWriter()
        .add("acceptance.state.weight", QuantFormat.F32, new long[] {INNER, hidden}, random(random, INNER * hidden))
        .add("acceptance.token.weight", QuantFormat.F32, new long[] {INNER, hidden}, random(random, INNER * hidden))
        .add("acceptance.feature.weight", QuantFormat.F32, new long[] {INNER, features}, random(random, INNER * features))
        .add("acceptance.bias", QuantFormat.F32, new long[] {INNER}, random(random, INNER))
        .add("acceptance.blocks.0.weight", QuantFormat.F32, new long[] {INNER, INNER}, random(random, INNER * INNER))
        .add("acceptance.blocks.0.bias", QuantFormat.F32, new long[] {INNER}, random(random, INNER))
        .add("acceptance.out.weight", QuantFormat.F32, new long[] {1, INNER}, random(random, INNER))
        .add("acceptance.skip.weight", QuantFormat.F32, new long[] {1, features}, new float[] {1, 0.5f, 0.1f, -0.1f, -0.05f})
        .add("acceptance.constant", QuantFormat.F32, new long[] {1}, new float[] {1})
        .write(path);
    try (TensorFile tensors = TensorFile.open(path)) {
      return new ChainJudge(model.acceptanceHead(tensors.tensors(), features), new StopCard("", 0.5, 0.5, 0.7), System::nanoTime);
    }
  }

  private static float[] random(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) values[i] = 0.05f * (float) random.nextGaussian();
    return values;
  }

  private static String card(String kind, int hidden, int[] slice) {
    return "{\"format\": 1, \"kind\": \"%s\", \"weights\": \"w\", \"hidden\": %d, \"vocabulary\": %d, \"heads\": %d, \"slice\": %s, \"reliability\": []}"
        .formatted(kind, hidden, VOCABULARY, HEADS, Arrays.toString(slice));
  }

  /** Everything there is, drafted by these heads where it is by heads. */
  StrategySource strategies() {
    return StrategySource.ofChoice((always, most) -> new HeadsDrafter(heads, most), choice -> ChainDrafter.of(choice, heads, judge));
  }

  /** An engine over the model for outputs without stop strings. */
  Engine engine(int running) {
    return Engines.of(model, options(running), strategies());
  }

  Engine engine(int running, Function<StopRule, StopProbe> probes) {
    return Engines.of(model, List.of(), options(running), probes, strategies());
  }

  private static EngineOptions options(int running) {
    return EngineOptions.defaults(Set.of(3)).withMaxRunning(running);
  }

  /** All requests, at most {@code running} at once; nothing of them may stay behind. */
  List<Answer> run(List<GenerationRequest> requests, int running) throws InterruptedException {
    try (Engine engine = engine(running)) {
      List<Answer> answers = Engines.answers(engine, requests);
      Engines.expectNothingHeld(engine);
      return answers;
    }
  }

  @Override
  public void close() {
    if (judge != null) judge.close();
    heads.close();
    model.close();
    file.close();
    kernels.close();
  }
}
