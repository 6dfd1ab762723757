package io.headrace.train.distil;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.model.DecoderModel;
import io.headrace.model.ForwardBatch;
import io.headrace.model.LoadOptions;
import io.headrace.model.LoadProgress;
import io.headrace.model.LogitRows;
import io.headrace.model.Model;
import io.headrace.model.Models;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.Tier;
import io.headrace.text.ChatTemplate;
import io.headrace.text.Tokenizer;
import io.headrace.text.VocabularySource;
import io.headrace.train.AnsweredPrompt;
import io.headrace.train.Corpus;
import io.headrace.train.Corpus.Part;
import io.headrace.train.CorpusSettings;
import io.headrace.train.Split;
import io.headrace.train.StateRows;
import io.headrace.weights.WeightFile;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** On a tiny model of random weights, with the Java kernels. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CorpusMakerTest {
  private static final int SHARD = 6;
  private static final int ANSWER = 20;
  private static final BooleanSupplier NEVER = () -> false;

  private Path folder;
  private Kernels kernels;
  private DecoderModel model;
  private Tokenizer tokenizer;
  private ChatForm form;
  private PromptFile prompts;
  private PromptFile held;

  @BeforeAll
  void load(@TempDir Path folder) throws IOException, URISyntaxException {
    this.folder = folder;
    Path golden = Path.of(CorpusMakerTest.class.getResource("/io/headrace/golden/README.md").toURI()).resolveSibling("tiny/llama-q4_1.gguf");
    Path unpacked = Path.of(System.getProperty("java.io.tmpdir"), "headrace-test-kernels");
    kernels = Kernels.open(new KernelsOptions(1, true, Optional.of(Tier.JAVA), 200, Optional.empty(), unpacked));
    try (WeightFile file = WeightFile.open(golden)) {
      LoadOptions options = LoadOptions.withBlocks(CorpusMaker.blocks(4, ANSWER)).withLimits(256, 4, 4).withTaps(Set.of(), true);
      model = Models.load(file, kernels, options, LoadProgress.IGNORED);
      tokenizer = Tokenizer.of(VocabularySource.of(file));
      String template = file.metadata().findString("tokenizer.chat_template").orElse(ChatTemplate.CHATML);
      form = new ChatForm(tokenizer, ChatTemplate.of(template, tokenizer.bosText(), tokenizer.eosText(), Clock.systemUTC()));
    }
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 14; i++) lines.add("Which word comes after number %d of these words, and why is that so?".formatted(i * i));
    lines.add("Say what the sea is like in the evening of a warm day.");
    prompts = PromptFile.read(Files.writeString(folder.resolve("prompts.txt"), String.join("\n", lines)).toString());
    held = PromptFile.read(Files.writeString(folder.resolve("held.txt"), "say what the SEA is like, in the evening of a warm day\nWho?\n").toString());
  }

  @AfterAll
  void close() {
    tokenizer.close();
    model.close();
    kernels.close();
  }

  private CorpusSettings settings(double ownShare, double sampledShare) {
    return new CorpusSettings(
        CorpusSettings.FORMAT,
        "tiny",
        model.card().weights(),
        model.card().fingerprint(),
        model.card().hiddenSize(),
        model.card().vocabulary(),
        7,
        ANSWER,
        ownShare,
        sampledShare,
        0.8,
        List.of(prompts.source()),
        List.of(held.source()));
  }

  private CorpusMaker.Outcome make(String name, CorpusSettings settings, int batch, long tokens, BooleanSupplier stopped, BooleanSupplier enough)
      throws IOException {
    Corpus corpus = Corpus.begin(folder.resolve(name), settings);
    return new CorpusMaker(corpus, model, form, List.of(prompts), List.of(held), batch, SHARD, stopped, _ -> {}, _ -> {}).run(tokens, enough);
  }

  /** Every file of a corpus with its bytes. */
  private Map<String, String> files(String name) throws IOException {
    Map<String, String> all = new TreeMap<>();
    try (var paths = Files.list(folder.resolve(name))) {
      for (Path path : paths.toList()) all.put(path.getFileName().toString(), Arrays.hashCode(Files.readAllBytes(path)) + " " + Files.size(path));
    }
    return all;
  }

  @Test
  void theSizeOfABatchChangesNothing() throws IOException {
    make("alone", settings(0.5, 0.5), 1, 200, NEVER, NEVER);
    make("together", settings(0.5, 0.5), 4, 200, NEVER, NEVER);
    assertEquals(files("alone"), files("together"));
    assertTrue(files("alone").containsKey("train-00000.tokens") && files("alone").containsKey("report-00000.states"));
  }

  @Test
  void aRunThatWasStoppedLeavesWhatOneThatWasNotLeaves() throws IOException {
    CorpusMaker.Outcome whole = make("whole", settings(0.3, 0.3), 4, 250, NEVER, NEVER);
    assertTrue(whole.complete());
    CorpusMaker.Outcome outcome;
    int runs = 0;
    do {
      // Some stops fall between shards and some into the middle of one.
      AtomicInteger passes = new AtomicInteger();
      int limit = 60 + 45 * runs++;
      boolean between = runs % 2 == 0;
      outcome = make("parts", settings(0.3, 0.3), 3, 250, () -> !between && passes.incrementAndGet() > limit, () -> between && passes.incrementAndGet() > 2);
    } while (!outcome.complete() && runs < 100);
    assertTrue(runs > 2, "it was stopped");
    assertEquals(files("whole"), files("parts"));
    assertEquals(whole.tokens(), outcome.tokens());
    assertEquals(whole.sequences(), outcome.sequences());
  }

  @Test
  void heldOutPromptsAreAnsweredForTheReportAndForNothingElse() throws IOException {
    CorpusMaker.Outcome outcome = make("held", settings(0, 0), 4, 1_000_000, NEVER, NEVER);
    Corpus corpus = Corpus.open(folder.resolve("held"));
    List<AnsweredPrompt> report = corpus.shards(Part.REPORT).stream().flatMap(shard -> shard.sequences().stream()).toList();
    List<AnsweredPrompt> train = corpus.shards(Part.TRAIN).stream().flatMap(shard -> shard.sequences().stream()).toList();
    assertEquals(2, report.size());
    assertTrue(report.stream().allMatch(each -> each.split() == Split.REPORT && each.temperature() == 0));
    assertEquals(14, train.size(), "the sea is held out");
    assertEquals(1, outcome.leftOut());
    assertTrue(outcome.complete(), "there are no more prompts");
    assertTrue(train.stream().noneMatch(each -> each.split() == Split.REPORT));
    assertTrue(train.stream().noneMatch(each -> form.text(each.prompt()).contains("evening of a warm day")));
  }

  @Test
  void theStateOfARowIsWhatThatTokenIsChosenFrom() throws IOException {
    make("states", settings(0, 0.5), 4, 100, NEVER, NEVER);
    Corpus corpus = Corpus.open(folder.resolve("states"));
    AnsweredPrompt first = corpus.shards(Part.TRAIN).getFirst().sequences().getFirst();
    int[] all = Arrays.copyOf(first.prompt(), first.prompt().length + first.answer().length);
    System.arraycopy(first.answer(), 0, all, first.prompt().length, first.answer().length);
    int[] table = new int[(all.length + Model.BLOCK_TOKENS - 1) / Model.BLOCK_TOKENS];
    for (int i = 0; i < table.length; i++) table[i] = i;
    float[] state = new float[model.card().hiddenSize()];
    float[] kept = new float[state.length];
    ForwardBatch batch = model.newBatch();
    try (StateRows rows = StateRows.open(corpus, Set.of(Split.TRAIN, Split.CALIBRATION), 1)) {
      for (int i = 0; i < all.length - 1; i++) {
        batch.clear();
        batch.addChain(table, table.length, i, all, i, 1, 1);
        LogitRows logits = model.forward(batch);
        int row = i - first.prompt().length + 1;
        if (row < 0) continue;
        assertEquals(first.answer()[row], rows.token(row));
        if (first.temperature() == 0) assertEquals(first.answer()[row], logits.argmax(0));
        model.finalHidden(batch).copyRow(0, state);
        rows.copyState(row, kept, 0);
        for (int c = 0; c < state.length; c++) state[c] = Float.float16ToFloat(Float.floatToFloat16(state[c]));
        assertArrayEquals(state, kept, "row " + row);
      }
    }
  }

  @Test
  void aPromptIsUsedOnce() throws IOException {
    make("once", settings(0, 0), 4, 1_000_000, NEVER, NEVER);
    List<AnsweredPrompt> all = Corpus.open(folder.resolve("once")).shards(Part.TRAIN).stream().flatMap(shard -> shard.sequences().stream()).toList();
    assertEquals(all.size(), all.stream().map(each -> Arrays.toString(each.prompt())).distinct().count());
    assertFalse(all.isEmpty());
  }
}
