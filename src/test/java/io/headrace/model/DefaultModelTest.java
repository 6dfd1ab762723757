package io.headrace.model;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.tensor.Kernels;
import io.headrace.testing.DefaultModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The default model against transformers' float32 logits, with int8 activations as it is served and with its weights widened to
 * float32. Native kernels: too slow in Java, which has the same bits.
 */
class DefaultModelTest {
  private static final int ROWS = 128;

  private static Kernels kernels;
  private static DecoderModel served;
  private static DecoderModel wide;

  @BeforeAll
  static void load() {
    assumeTrue(DefaultModel.path().isPresent(), DefaultModel.absence());
    assumeFalse(TestKernels.nativeTiers().isEmpty(), "no native kernels to run the default model with");
    kernels = TestKernels.best(2);
    LoadOptions options = LoadOptions.withBlocks(128).withLimits(ROWS, 4, ROWS);
    served = Runs.load(DefaultModel.path().get(), kernels, options);
    Set<Integer> everyLayer = new HashSet<>(IntStream.rangeClosed(0, 30).boxed().toList());
    wide =
        Runs.load(
            DefaultModel.path().get(),
            kernels,
            options.withDequantise(true).withTaps(everyLayer, true));
  }

  @AfterAll
  static void close() {
    if (wide != null) wide.close();
    if (served != null) served.close();
    if (kernels != null) kernels.close();
  }

  @Test
  void theCardTellsWhatWasLoaded() {
    ModelCard card = served.card();
    assertEquals("llama", card.architecture());
    assertEquals(134_515_008, card.parameters());
    assertEquals(30, card.layers());
    assertEquals(8192, card.contextLength());
    assertEquals(49_152, card.vocabulary());
    assertEquals(576, card.hiddenSize());
    assertEquals(30 * 2 * 3 * 64 * 2, card.kvBytesPerToken());
    assertEquals("int8 per 32", card.activations());
    assertEquals("float32", wide.card().activations());
    assertTrue(card.weightBytes() > 96_000_000 && card.weightBytes() < 110_000_000);
  }

  /** One prompt's last position against the reference. */
  private record Last(String name, double ofRange, double divergence, float gap, boolean sameChoice) {}

  private static List<Last> lastPositions(DecoderModel model, int longest) {
    List<Last> found = new ArrayList<>();
    for (JsonNode prompt : Golden.lines("logits-last.jsonl")) {
      int[] ids = Golden.ints(prompt.get("ids"));
      if (ids.length > longest) continue;
      String name = prompt.get("name").textValue();
      float[] reference = Golden.floats("logits/" + name + ".f32");
      float[] row = Runs.lastRow(model, ids);
      found.add(
          new Last(
              name,
              Distribution.maxDifference(row, reference) / Distribution.range(reference),
              Distribution.divergence(
                  Distribution.logSoftmax(reference), Distribution.logSoftmax(row)),
              Distribution.gap(reference),
              Distribution.argmax(row) == Distribution.argmax(reference)));
    }
    print(found.toString());
    return found;
  }

  @Test
  void floatActivationsGiveTheReferenceAtTheLastPosition() {
    List<Last> all = lastPositions(wide, 500);
    double mean = all.stream().mapToDouble(Last::divergence).average().orElseThrow();
    assertTrue(mean <= 2e-6, "mean KL " + mean);
    for (Last last : all) {
      assertAll(
          () -> assertTrue(last.ofRange() <= 1e-3, last.toString()),
          () -> assertTrue(last.divergence() <= 3e-6, last.toString()),
          () -> assertTrue(last.sameChoice(), last.toString()));
    }
  }

  @Test
  void int8ActivationsStayCloseAtTheLastPosition() {
    List<Last> all = lastPositions(served, 2000);
    for (Last last : all) {
      assertTrue(last.ofRange() <= 0.07, last.toString());
      assertTrue(last.sameChoice() || last.gap() <= 0.3, last.toString());
    }
    double mean = all.stream().mapToDouble(Last::ofRange).average().orElseThrow();
    assertTrue(mean <= 0.03, "mean difference over range " + mean);
  }

  @Test
  void hiddenStatesAfterEveryLayerEqualTheReference() {
    JsonNode prompt =
        Golden.lines("logits-last.jsonl").stream()
            .filter(line -> line.get("name").textValue().equals("chat-short"))
            .findFirst()
            .orElseThrow();
    int[] ids = Golden.ints(prompt.get("ids"));
    float[] reference = Golden.floats("logits/chat-short.hidden.f32");
    ForwardBatch batch = wide.newBatch();
    int[] table = Runs.table(ids.length);
    batch.addChain(table, table.length, 0, ids, 0, ids.length, 1);
    wide.forward(batch);
    float[] row = new float[576];
    for (int layer = 0; layer <= 31; layer++) {
      if (layer < 31) wide.hidden(batch, layer).copyRow(ids.length - 1, row);
      else wide.finalHidden(batch).copyRow(0, row);
      float[] wanted = Arrays.copyOfRange(reference, layer * 576, (layer + 1) * 576);
      double error = Distribution.maxDifference(row, wanted) / Distribution.range(wanted);
      print("hidden %d: %.2e".formatted(layer, error));
      assertTrue(error <= (layer == 0 ? 0 : 1e-3), "after layer " + layer + ": " + error);
    }
  }

  @Test
  void everyGreedyStepWithAClearWinnerIsTheReferences() {
    int steps = 0;
    int same = 0;
    double worst = 0;
    for (JsonNode line : Golden.lines("greedy.jsonl")) {
      int[] prompt = Golden.ints(line.get("prompt_ids"));
      JsonNode chosen = line.get("steps");
      int[] tokens = Arrays.copyOf(prompt, prompt.length + chosen.size());
      for (int i = 0; i < chosen.size(); i++) tokens[prompt.length + i] = chosen.get(i).get(0).intValue();
      int[] choices = choicesAfter(served, tokens, prompt.length);
      for (int i = 0; i < chosen.size(); i++) {
        double gap = chosen.get(i).get(1).doubleValue() - chosen.get(i).get(3).doubleValue();
        steps++;
        if (choices[i] == chosen.get(i).get(0).intValue()) same++;
        else worst = Math.max(worst, gap);
      }
    }
    print("greedy: %d of %d steps, largest gap flipped %.3f".formatted(same, steps, worst));
    assertTrue(worst <= 0.75, "another choice where the reference's gap is " + worst);
    assertTrue(same >= 0.96 * steps, "%d of %d steps".formatted(same, steps));
  }

  /** The model's choice after each prefix of {@code tokens} of at least {@code from} tokens, the whole excepted. */
  private static int[] choicesAfter(DecoderModel model, int[] tokens, int from) {
    int[] table = Runs.table(tokens.length);
    int[] choices = new int[tokens.length - from];
    ForwardBatch batch = model.newBatch();
    for (int at = 0; at < tokens.length - 1; at += ROWS) {
      int count = Math.min(ROWS, tokens.length - 1 - at);
      int wanted = Math.clamp(at + count - (from - 1), 0, count);
      batch.clear();
      batch.addChain(table, table.length, at, tokens, at, count, wanted);
      LogitRows rows = model.forward(batch);
      for (int i = 0; i < wanted; i++) {
        choices[at + count - wanted + i - (from - 1)] = rows.argmax(i);
      }
    }
    return choices;
  }

  /** The wide model stands for the reference, whose 20 likeliest tokens it has at every position. */
  @Test
  void int8ActivationsCostLittleOverTheEveryPositionPrompts() {
    double total = 0;
    int positions = 0;
    int same = 0;
    for (JsonNode line : Golden.lines("logits-every.jsonl")) {
      int[] ids = Golden.ints(line.get("ids"));
      float[][] reference = Runs.everyRow(wide, ids, ROWS);
      float[][] rows = Runs.everyRow(served, ids, ROWS);
      double divergence = 0;
      for (int i = 0; i < ids.length; i++) {
        double[] wanted = Distribution.logSoftmax(reference[i]);
        for (JsonNode top : line.get("top").get(i)) {
          assertEquals(top.get(1).doubleValue(), wanted[top.get(0).intValue()], 0.05);
        }
        divergence += Distribution.divergence(wanted, Distribution.logSoftmax(rows[i]));
        if (Distribution.argmax(rows[i]) == line.get("top").get(i).get(0).get(0).intValue()) same++;
      }
      String name = line.get("name").textValue();
      print("%s: KL %.5f".formatted(name, divergence / ids.length));
      assertTrue(divergence / ids.length <= 0.008, name + ": mean KL " + divergence / ids.length);
      total += divergence;
      positions += ids.length;
    }
    print("every position: KL %.5f, same choice %d of %d".formatted(total / positions, same, positions));
    assertTrue(total / positions <= 0.0055, "mean KL " + total / positions);
    assertTrue(same >= 0.955 * positions, "%d of %d choices".formatted(same, positions));
  }

  /** The wide model stands for the reference once its likelihoods are the reference's. */
  @Test
  void int8ActivationsStayWithinTheBoundsOverThePerplexityText() {
    JsonNode data = Golden.json("perplexity/nll.json");
    int[] ids = Golden.ints(data.get("ids"));
    double[][] golden = new double[data.get("windows").size()][];
    for (int w = 0; w < golden.length; w++) golden[w] = Golden.doubles(data.get("windows").get(w).get("nll"));
    PerplexityText text = new PerplexityText(wide, served, ids, data.get("window").intValue(), golden);
    text.run(golden.length);
    print(text.toString());
    text.check();
  }

  /** The first windows of the text: beyond them nothing changes but the time. */
  @Test
  void int16ActivationsAreNearlyFloatOnes() {
    JsonNode data = Golden.json("perplexity/nll.json");
    int[] ids = Golden.ints(data.get("ids"));
    int window = data.get("window").intValue();
    LoadOptions options =
        LoadOptions.withBlocks(128).withLimits(ROWS, 4, ROWS).withActivations(Activations.INT16);
    try (DecoderModel planes = Runs.load(DefaultModel.path().orElseThrow(), kernels, options)) {
      assertEquals("int16 per 32", planes.card().activations());
      PerplexityText text = new PerplexityText(wide, planes, ids, window, new double[0][]);
      text.run((1024 + window - 1) / window);
      print("int16: mean KL %.3e, largest %.3e".formatted(text.meanDivergence(), text.divergenceQuantile(1)));
      assertTrue(text.meanDivergence() <= 1e-5, "mean KL " + text.meanDivergence());
      assertTrue(text.sameWhereGapExceeds(0.1) == 1, "another choice where the gap is above 0.1");
    }
  }

  /** Alone and in chunks of many sizes, in company, and with one thread: the same bits. */
  @Test
  void noLogitDependsOnChunksCompanyOrThreads() {
    int[] ids = Golden.ints(Golden.json("perplexity/nll.json").get("ids"));
    int[] tokens = Arrays.copyOf(ids, 140);
    float[] expected = Runs.lastRow(served, tokens);
    for (int chunk : new int[] {1, 7, 64, 128}) {
      float[][] rows = Runs.everyRow(served, tokens, chunk);
      assertArrayEquals(expected, rows[139], "chunks of " + chunk);
    }
    ForwardBatch batch = served.newBatch();
    int[] other = IntStream.range(20, 28).toArray();
    Runs.everyRow(served, Arrays.copyOf(tokens, 120), ROWS);
    batch.addChain(other, 8, 0, ids, 500, 60, 3);
    int first = batch.addChain(Runs.table(140), 9, 120, tokens, 120, 20, 1);
    float[] row = new float[expected.length];
    served.forward(batch).copyRow(first, row);
    assertArrayEquals(expected, row, "in company");
    try (Kernels one = TestKernels.best(1);
        DecoderModel model =
            Runs.load(
                DefaultModel.path().orElseThrow(),
                one,
                LoadOptions.withBlocks(16).withLimits(ROWS, 1, 1))) {
      assertArrayEquals(expected, Runs.lastRow(model, tokens), "one thread");
      assertEquals(served.card().fingerprint(), model.card().fingerprint());
    }
  }

  private static void print(String fact) {
    if (Boolean.getBoolean("headrace.test.print")) System.out.println(fact);
  }
}
