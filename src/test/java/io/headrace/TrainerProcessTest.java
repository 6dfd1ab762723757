package io.headrace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.tensor.QuantFormat;
import io.headrace.decode.specdec.StopCard;
import io.headrace.train.AcceptanceJob;
import io.headrace.train.AnsweredPrompt;
import io.headrace.train.Corpora;
import io.headrace.train.Corpus;
import io.headrace.train.Corpus.Part;
import io.headrace.train.HeadsJob;
import io.headrace.train.Split;
import io.headrace.weights.SafetensorsWriter;
import io.headrace.weights.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The trainer as the command starts it, on a language that can be learned. Where it was not built, these are skipped. */
final class TrainerProcessTest {
  private static final int HIDDEN = 24;
  private static final int VOCABULARY = 40;

  @TempDir Path folder;

  /** The trainer of this checkout. */
  private TrainerProcess trainer() {
    Path built = Path.of("target", "train");
    assumeTrue(Files.isDirectory(built.resolve("classes")), "the trainer is not built here: " + TrainerProcess.BUILD);
    return TrainerProcess.find(built, Path.of(System.getProperty("java.io.tmpdir"), "headrace-test-torch"));
  }

  /**
   * Answers in which a token is followed by {@code 3 t + c}, where {@code c} is drawn for each answer and readable from its states; so
   * the token two ahead follows from the state and the certain token, and not from the state alone.
   */
  private Corpus language() throws IOException {
    Corpus corpus = Corpus.begin(folder.resolve("corpus"), Corpora.settings(3, HIDDEN, VOCABULARY));
    SplittableRandom random = new SplittableRandom(9);
    float[] vectors = new float[VOCABULARY * HIDDEN];
    for (int i = 0; i < vectors.length; i++) vectors[i] = (float) random.nextGaussian();
    new SafetensorsWriter().add("embedding", QuantFormat.F32, new long[] {VOCABULARY, HIDDEN}, vectors).write(corpus.folder().resolve(Corpus.VECTORS));
    write(corpus, Part.TRAIN, sequences(random, 500, Split.TRAIN), random);
    corpus.write(Part.TRAIN, 1, List.of(), List.of());
    List<AnsweredPrompt> held = sequences(random, 40, Split.CALIBRATION);
    corpus.write(Part.TRAIN, 2, held, states(held, random));
    write(corpus, Part.REPORT, sequences(random, 40, Split.REPORT), random);
    return corpus;
  }

  private static void write(Corpus corpus, Part part, List<AnsweredPrompt> sequences, SplittableRandom random) throws IOException {
    corpus.write(part, 0, sequences, states(sequences, random));
  }

  private static List<AnsweredPrompt> sequences(SplittableRandom random, int count, Split split) {
    List<AnsweredPrompt> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] answer = new int[20];
      int step = random.nextInt(4);
      answer[0] = random.nextInt(VOCABULARY);
      for (int t = 1; t < answer.length; t++) {
        boolean leaps = random.nextInt(3) == 0;
        answer[t] = leaps ? random.nextInt(VOCABULARY) : (3 * answer[t - 1] + step) % VOCABULARY;
      }
      all.add(new AnsweredPrompt(i, split, 0, 0, AnsweredPrompt.Ending.LENGTH, new int[] {step}, answer));
    }
    return all;
  }

  private static List<short[]> states(List<AnsweredPrompt> sequences, SplittableRandom random) {
    List<short[]> all = new ArrayList<>();
    for (AnsweredPrompt each : sequences) {
      short[] rows = new short[each.answer().length * HIDDEN];
      for (int i = 0; i < rows.length; i++) {
        float value = i % HIDDEN < 4 ? (i % HIDDEN == each.prompt()[0] ? 2 : -1) : (float) random.nextGaussian() / 4;
        rows[i] = Float.floatToFloat16(value);
      }
      all.add(rows);
    }
    return all;
  }

  private HeadsJob job(Corpus corpus, HeadsJob.Kind kind, int epochs) {
    String at = corpus.folder().toAbsolutePath().toString();
    return new HeadsJob(HeadsJob.FORMAT, at, kind, 2, 2, 64, 32, epochs, 256, 5e-3, 0.01, 0.8, 0.2, Long.MAX_VALUE, 1);
  }

  private Path train(HeadsJob job, String name, double seconds, int wanted) throws IOException, InterruptedException {
    Path out = folder.resolve(name);
    Files.createDirectories(out);
    job.write(out);
    int status;
    do {
      status = trainer().run(List.of("heads", out.toString(), String.valueOf(seconds), "1"));
      assertTrue(status == 0 || status == TrainCorpusCommand.UNFINISHED, "status " + status);
    } while (status != 0 && wanted == 0);
    return out;
  }

  private static double topOne(Path out, int head) throws IOException {
    JsonNode json = new ObjectMapper().readTree(out.resolve("heads.json").toFile());
    return json.path("rates").path(head).path(0).asDouble();
  }

  @Test
  void headsThatKnowTheTokenBeforeTheirGuessLearnWhatFollowsIt() throws IOException, InterruptedException {
    trainer();
    Corpus corpus = language();
    Path chain = train(job(corpus, HeadsJob.Kind.CHAIN, 12), "chain", Double.POSITIVE_INFINITY, 0);
    Path blind = train(job(corpus, HeadsJob.Kind.MEDUSA, 12), "blind", Double.POSITIVE_INFINITY, 0);
    // Two of three tokens follow the rule, and four of five of these lie in the slice of 32 tokens out of 40.
    assertTrue(topOne(chain, 0) > 0.45, "first head " + topOne(chain, 0));
    assertTrue(topOne(chain, 1) > 0.45, "second head " + topOne(chain, 1));
    assertTrue(topOne(blind, 0) < 0.25, "blind head " + topOne(blind, 0));
    try (TensorFile file = TensorFile.open(chain.resolve("heads.safetensors"))) {
      file.tensors().get("heads.0.state.weight", 64, HIDDEN);
      file.tensors().get("heads.1.token.weight", 64, HIDDEN);
      file.tensors().get("heads.1.bias", 1, 64);
      file.tensors().get("heads.1.out.weight", HIDDEN, 64);
    }
    String card = Files.readString(chain.resolve("README.md"));
    assertTrue(card.contains("held.txt") && card.contains("32 of 40 tokens"), card);
  }

  @Test
  void anAcceptanceHeadLearnsWhichGuessesHold() throws IOException, InterruptedException {
    trainer();
    Corpus corpus = language();
    Path chain = train(job(corpus, HeadsJob.Kind.CHAIN, 12), "judged", Double.POSITIVE_INFINITY, 0);
    new AcceptanceJob(AcceptanceJob.FORMAT, 16, 1, 1, 4, 32, 3e-3, "1:1,4:1.2", 0.05, 4, 1).write(chain);
    assertEquals(0, trainer().run(List.of("acceptance", chain.toString(), "Infinity", "1")));
    JsonNode json = new ObjectMapper().readTree(chain.resolve("acceptance.json").toFile());
    assertTrue(json.path("logistic").size() == 6, json.toString());
    StopCard stops = StopCard.parse(Files.readAllBytes(chain.resolve("acceptance.json")));
    assertTrue(stops.heads().length() == 64 && stops.head() > 0, stops.toString());
    String card = Files.readString(chain.resolve("acceptance.md"));
    assertTrue(card.contains("| trained head |") && card.contains("**held.txt**"), card);
    try (TensorFile file = TensorFile.open(chain.resolve("acceptance.safetensors"))) {
      file.tensors().get("acceptance.state.weight", 16, HIDDEN);
      file.tensors().get("acceptance.blocks.0.weight", 16, 16);
      file.tensors().get("acceptance.skip.weight", 1, 5);
    }
  }

  @Test
  void aTrainingThatWasStoppedEndsWithTheSameWeights() throws IOException, InterruptedException {
    trainer();
    Corpus corpus = language();
    HeadsJob job = job(corpus, HeadsJob.Kind.CHAIN, 40);
    Path whole = train(job, "whole", Double.POSITIVE_INFINITY, 0);
    Path parts = train(job, "parts", 1e-9, 1);
    assertTrue(Files.exists(parts.resolve("checkpoint.safetensors")) && !Files.exists(parts.resolve("heads.json")), "it was stopped at once");
    parts = train(job, "parts", 1.5, 0);
    assertArrayEquals(Files.readAllBytes(whole.resolve("heads.safetensors")), Files.readAllBytes(parts.resolve("heads.safetensors")));
    assertEquals(topOne(whole, 1), topOne(parts, 1));
  }

  @Test
  void whoHasNotBuiltTheTrainerIsToldHow() {
    Problem problem = assertThrows(Problem.class, () -> TrainerProcess.find(folder, folder));
    assertTrue(problem.getMessage().contains("./mvnw -q -Ptrain process-classes"), problem.getMessage());
  }
}
