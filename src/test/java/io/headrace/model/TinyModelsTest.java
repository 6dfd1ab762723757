package io.headrace.model;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KvFormat;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tiny models of every format against transformers' float32 logits. Java kernels: the native ones have the same bits. */
class TinyModelsTest {
  private static final LoadOptions OPTIONS = LoadOptions.withBlocks(16).withLimits(64, 4, 64);

  private static Kernels kernels;

  @BeforeAll
  static void open() {
    kernels = TestKernels.java(2);
  }

  @AfterAll
  static void close() {
    kernels.close();
  }

  static List<String> models() {
    return Golden.lines("tiny/logits.jsonl").stream()
        .map(line -> line.get("model").textValue())
        .distinct()
        .toList();
  }

  static List<String> folders() {
    return List.of("llama-f32", "llama-rope-llama3-f16", "llama-rope-yarn-f16", "qwen3-f32");
  }

  static List<JsonNode> prompts(String model) {
    return Golden.lines("tiny/logits.jsonl").stream()
        .filter(line -> line.get("model").textValue().equals(model))
        .toList();
  }

  /** Nothing is rounded: quantised weights are widened, keys and values kept in float32. */
  @ParameterizedTest
  @MethodSource("models")
  void floatArithmeticGivesTheReferenceLogits(String name) {
    LoadOptions exact = OPTIONS.withDequantise(true).withKvFormat(KvFormat.F32);
    try (DecoderModel model = load(Golden.path("tiny/" + name + ".gguf"), exact)) {
      for (JsonNode prompt : prompts(name)) compare(model, prompt, 2e-4, 1e-8, true);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void keysAndValuesInBinary16ChangeLittle(String name) {
    try (DecoderModel model = load(Golden.path("tiny/" + name + ".gguf"), OPTIONS.withDequantise(true))) {
      for (JsonNode prompt : prompts(name)) compare(model, prompt, 1e-2, 1e-5, true);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void keysAndValuesInBf16ChangeLittle(String name) {
    LoadOptions options = OPTIONS.withDequantise(true).withKvFormat(KvFormat.BF16);
    try (DecoderModel model = load(Golden.path("tiny/" + name + ".gguf"), options)) {
      assertEquals("bf16", model.card().kvFormat());
      for (JsonNode prompt : prompts(name)) compare(model, prompt, 0.1, 1e-3, false);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void roundedActivationsStayCloseToTheReference(String name) {
    try (DecoderModel model = load(Golden.path("tiny/" + name + ".gguf"), OPTIONS)) {
      boolean rounds = model.card().activations().startsWith("int8");
      for (JsonNode prompt : prompts(name)) {
        compare(model, prompt, rounds ? 0.7 : 5e-3, rounds ? 0.05 : 1e-5, !rounds);
      }
    }
  }

  /** To two planes: as if nothing were rounded but keys and values. */
  @ParameterizedTest
  @MethodSource("models")
  void activationsOfTwoPlanesGiveTheReferenceLogits(String name) {
    LoadOptions planes = OPTIONS.withActivations(Activations.INT16);
    try (DecoderModel model = load(Golden.path("tiny/" + name + ".gguf"), planes)) {
      for (JsonNode prompt : prompts(name)) compare(model, prompt, 1e-2, 1e-5, true);
    }
  }

  @ParameterizedTest
  @MethodSource("folders")
  void aSafetensorsFolderGivesTheSameLogits(String name) {
    try (DecoderModel model = load(Golden.path("tiny/" + name), OPTIONS);
        DecoderModel twin = load(Golden.path("tiny/" + name + ".gguf"), OPTIONS)) {
      assertEquals(twin.card().parameters() > 0, model.card().parameters() > 0);
      for (JsonNode prompt : prompts(name)) {
        compare(model, prompt, 5e-3, 1e-5, true);
        int[] ids = Golden.ints(prompt.get("ids"));
        double difference = Distribution.maxDifference(Runs.lastRow(model, ids), Runs.lastRow(twin, ids));
        assertTrue(difference <= 2e-4, "file and folder differ by " + difference);
      }
    }
  }

  private static DecoderModel load(Path path, LoadOptions options) {
    return Runs.load(path, kernels, options);
  }

  private static void compare(
      DecoderModel model, JsonNode prompt, double maxDifference, double maxDivergence, boolean sameChoice) {
    int[] ids = Golden.ints(prompt.get("ids"));
    float[][] rows = Runs.everyRow(model, ids, 64);
    float[] last = rows[ids.length - 1];
    double[] wanted = Golden.doubles(prompt.get("last_logits"));
    float[] reference = new float[wanted.length];
    for (int i = 0; i < reference.length; i++) reference[i] = (float) wanted[i];
    double difference = Distribution.maxDifference(last, reference);
    double divergence =
        Distribution.divergence(Distribution.logSoftmax(reference), Distribution.logSoftmax(last));
    int[] argmax = Golden.ints(prompt.get("argmax"));
    double[] logprobs = Golden.doubles(prompt.get("next_logprob"));
    double logprobError = 0;
    int flips = 0;
    for (int i = 0; i < ids.length; i++) {
      // The reference's choice may lose a near tie.
      float[] row = rows[i];
      if (row[Distribution.argmax(row)] - row[argmax[i]] > 2 * maxDifference) flips++;
      if (i + 1 < ids.length) {
        logprobError =
            Math.max(logprobError, Math.abs(Distribution.logSoftmax(row)[ids[i + 1]] - logprobs[i]));
      }
    }
    if (Boolean.getBoolean("headrace.test.print")) {
      System.out.printf(
          "%-24s %3d tokens: logit %.2e, KL %.2e, next %.2e%n",
          model.card().name(), ids.length, difference, divergence, logprobError);
    }
    String what = "%s, %d tokens".formatted(model.card().name(), ids.length);
    double worst = logprobError;
    int flipped = flips;
    assertAll(
        () -> assertTrue(difference <= maxDifference, what + ": a logit differs by " + difference),
        () -> assertTrue(divergence <= maxDivergence, what + ": KL " + divergence),
        () -> assertTrue(worst <= 2 * maxDifference, what + ": a log-probability differs by " + worst),
        () -> assertTrue(!sameChoice || flipped == 0, what + ": another choice in " + flipped + " places"));
  }
}
