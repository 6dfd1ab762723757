package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.UnavailableDecoding;
import io.headrace.decode.medusa.SharedHeads;
import io.headrace.decode.specdec.StopCard;
import io.headrace.model.LoadOptions;
import io.headrace.model.LoadProgress;
import io.headrace.model.Model;
import io.headrace.model.Models;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.QuantFormat;
import io.headrace.weights.SafetensorsWriter;
import io.headrace.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Heads are read for the first that asks for them, once; a folder that was named and does not fit is refused at start. */
final class TrainedHeadsTest {
  @TempDir Path folder;

  private Path file;
  private Kernels kernels;
  private Model model;

  @BeforeEach
  void load() throws Exception {
    file = folder.resolve("model.gguf");
    Files.copy(golden("llama-q4_1.gguf"), file);
    kernels = Kernels.open(new KernelsOptions(1, true, Optional.empty(), 100, Optional.ofNullable(System.getProperty("headrace.native.path")).map(Path::of), folder));
    LoadOptions options = LoadOptions.withBlocks(8).withLimits(16, 2, 8).withTaps(Set.of(), true);
    try (WeightFile weights = WeightFile.open(file)) {
      model = Models.load(weights, kernels, options, LoadProgress.IGNORED);
    }
  }

  @AfterEach
  void close() {
    model.close();
    kernels.close();
  }

  private static Path golden(String name) throws Exception {
    return Path.of(Objects.requireNonNull(TrainedHeadsTest.class.getResource("/io/headrace/golden/tiny/" + name)).toURI());
  }

  private Path heads(int hidden, int inCard, int inFile) throws IOException {
    Path heads = Files.createDirectories(folder.resolve("heads"));
    SafetensorsWriter writer = new SafetensorsWriter();
    for (int k = 0; k < inFile; k++) {
      writer.add("heads.%d.state.weight".formatted(k), QuantFormat.F16, new long[] {32, hidden}, new float[32 * hidden]);
      writer.add("heads.%d.bias".formatted(k), QuantFormat.F16, new long[] {32}, new float[32]);
      writer.add("heads.%d.out.weight".formatted(k), QuantFormat.F16, new long[] {hidden, 32}, new float[32 * hidden]);
    }
    writer.write(heads.resolve("heads.safetensors"));
    card(heads, model.card().weights(), inCard);
    return heads;
  }

  private void card(Path heads, String weights, int count) throws IOException {
    Files.writeString(
        heads.resolve("heads.json"),
        "{\"format\": 1, \"kind\": \"root\", \"weights\": \"%s\", \"hidden\": %d, \"vocabulary\": 600, \"heads\": %d, \"slice\": [1, 2, 3], \"reliability\": []}"
            .formatted(weights, model.card().hiddenSize(), count));
  }

  private TrainedHeads find(String where) {
    ServerConfig config = ServerConfig.read(Map.of("draft.heads", where), null, Map.of(), folder);
    try (WeightFile weights = WeightFile.open(file)) {
      return TrainedHeads.find(config, model, weights, _ -> {});
    }
  }

  private String refused(Path heads) {
    return assertThrows(Problem.class, () -> find(heads.toString())).getMessage();
  }

  @Test
  void headsTakeNoMemoryUntilTheyAreAskedForAndAreThereOnceForAll() throws Exception {
    try (TrainedHeads heads = find(heads(model.card().hiddenSize(), 3, 2).toString());
        ExecutorService askers = Executors.newVirtualThreadPerTaskExecutor()) {
      assertEquals(0, heads.bytes());
      List<Callable<SharedHeads>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) all.add(heads::open);
      SharedHeads first = heads.open();
      for (Future<SharedHeads> opened : askers.invokeAll(all)) assertSame(first, opened.get());
      assertTrue(heads.bytes() > 2 * 2 * 32L * model.card().hiddenSize(), heads.bytes() + " bytes");
    }
  }

  @Test
  void whoCanDoWithoutHeadsGetsThemWhenTheyAreThere() throws Exception {
    try (TrainedHeads heads = find(heads(model.card().hiddenSize(), 3, 2).toString())) {
      SharedHeads ready = heads.ready();
      assertNull(ready, "nobody read them");
      SharedHeads opened = heads.open(); // waits for who reads them, or reads them
      assertSame(opened, heads.ready());
    }
    TrainedHeads closed = find(heads(model.card().hiddenSize(), 3, 2).toString());
    closed.close();
    assertNull(closed.ready());
    assertThrows(UnavailableDecoding.class, closed::open);
  }

  @Test
  void aNamedFolderThatDoesNotFitIsRefusedAtStart() throws Exception {
    int hidden = model.card().hiddenSize();
    Path heads = heads(hidden, 3, 2);
    card(heads, "others", 3);
    assertTrue(refused(heads).contains("other weights"), refused(heads));
    card(heads, model.card().weights(), 1);
    assertTrue(refused(heads).contains("the card speaks of 1 heads, 2 have weights"), refused(heads));
    Files.writeString(heads.resolve("heads.json"), "{");
    assertTrue(refused(heads).contains("no JSON"), refused(heads));
    heads(hidden + 32, 3, 2);
    assertTrue(refused(heads).contains("heads.0.state.weight"), refused(heads));
    heads(hidden, 3, 2);
    byte[] tensors = Files.readAllBytes(heads.resolve("heads.safetensors"));
    Files.write(heads.resolve("heads.safetensors"), java.util.Arrays.copyOf(tensors, tensors.length - 64));
    assertTrue(refused(heads).startsWith("draft.heads (or HEADRACE_DRAFT_HEADS): " + heads), refused(heads));
    Files.delete(heads.resolve("heads.safetensors"));
    assertTrue(refused(heads).contains("heads.safetensors"), refused(heads));
  }

  @Test
  void anAcceptanceHeadIsTakenIfItWasMadeForTheHeadsBesideIt() throws Exception {
    int hidden = model.card().hiddenSize();
    Path folder = heads(hidden, 3, 2);
    try (TrainedHeads heads = find(folder.toString())) {
      heads.open();
      assertNull(heads.judge());
    }
    judge(folder, hidden, 5);
    try (TrainedHeads heads = find(folder.toString())) {
      assertNull(heads.judge(), "read with the heads");
      heads.open();
      assertNotNull(heads.judge());
    }
    card(folder, model.card().weights(), 4);
    assertTrue(refused(folder).contains("other heads"), refused(folder));
    judge(folder, hidden + 32, 5);
    assertTrue(refused(folder).contains("acceptance.state.weight"), refused(folder));
    judge(folder, hidden, 4);
    assertTrue(refused(folder).contains("acceptance.feature.weight"), refused(folder));
    Files.delete(folder.resolve("acceptance.safetensors"));
    assertTrue(refused(folder).contains("acceptance.safetensors"), refused(folder));
  }

  private static void judge(Path heads, int hidden, int features) throws Exception {
    new SafetensorsWriter()
        .add("acceptance.state.weight", QuantFormat.F32, new long[] {16, hidden}, new float[16 * hidden])
        .add("acceptance.token.weight", QuantFormat.F32, new long[] {16, hidden}, new float[16 * hidden])
        .add("acceptance.feature.weight", QuantFormat.F32, new long[] {16, features}, new float[16 * features])
        .add("acceptance.bias", QuantFormat.F32, new long[] {16}, new float[16])
        .add("acceptance.out.weight", QuantFormat.F32, new long[] {1, 16}, new float[16])
        .add("acceptance.skip.weight", QuantFormat.F32, new long[] {1, features}, new float[features])
        .add("acceptance.constant", QuantFormat.F32, new long[] {1}, new float[1])
        .write(heads.resolve("acceptance.safetensors"));
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(heads.resolve("heads.json")));
    String rules = "{\"head\":{\"worth\":0.4},\"product\":{\"worth\":0.6},\"confidence\":{\"risk\":0.75}}";
    Files.writeString(
        heads.resolve("acceptance.json"),
        "{\"format\":2,\"heads\":\"%s\",\"features\":[\"%s\"],\"rules\":%s}".formatted(HexFormat.of().formatHex(hash), String.join("\",\"", StopCard.FEATURES), rules));
  }

  @Test
  void headsThatAreGoneWhenTheyAreAskedForAreRefusedToWhoAsks() throws Exception {
    Path folder = heads(model.card().hiddenSize(), 3, 2);
    try (TrainedHeads heads = find(folder.toString())) {
      Files.delete(folder.resolve("heads.safetensors"));
      assertTrue(assertThrows(UnavailableDecoding.class, heads::open).getMessage().contains("heads.safetensors"));
      heads(model.card().hiddenSize(), 3, 2);
      assertThrows(UnavailableDecoding.class, heads::open, "the answer is the same for all");
    }
  }

  @Test
  void headsAreNotMadeOfAnotherModelThatTookTheFilesPlace() throws Exception {
    try (TrainedHeads heads = find(heads(model.card().hiddenSize(), 3, 2).toString())) {
      Files.copy(golden("llama-q8_0.gguf"), file, StandardCopyOption.REPLACE_EXISTING);
      assertTrue(assertThrows(UnavailableDecoding.class, heads::open).getMessage().contains("model.gguf"));
    }
  }

  @Test
  void aModelWithoutHeadsOfThisVersionHasNone() {
    assertNull(find("auto"));
    assertNull(find("none"));
  }
}
