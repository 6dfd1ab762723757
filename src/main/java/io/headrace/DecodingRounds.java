package io.headrace;

import io.headrace.bench.DecodingPair;
import io.headrace.bench.DecodingRun;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.DecodingRecord;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.StopRule;
import io.headrace.intake.Answer;
import io.headrace.intake.FrontDesk;
import io.headrace.intake.GenerationCall;
import io.headrace.intake.GenerationPiece;
import io.headrace.intake.LiveGeneration;
import io.headrace.intake.Prompt;
import io.headrace.intake.TokenDetail;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Decodes groups of prompts plainly and in another way, in turn, so that a machine whose speed drifts treats both alike: a pair is both
 * right after each other, and which is first changes from pair to pair. No run finds another's prompt in the cache.
 *
 * <p>Thread: the caller's, and one for each output of a group.
 */
final class DecodingRounds {
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  /** An 8-gram that comes more often than this makes an output one that loops. */
  private static final int MOST_REPEATS = 3;

  private static final int GRAM = 8;

  /** How outputs are drawn; the same for every run of a prompt. */
  record Drawing(int maxTokens, float temperature, long seed) {}

  /**
   * A way to decode, under the words by which it was asked for.
   *
   * @param choices which prompts take in turn, so that a batch decodes in all of them at once; at least one
   */
  record Way(String label, List<DecodingChoice> choices) {
    static final Way PLAIN = new Way("plain", List.of(new DecodingChoice.Plain()));

    Way {
      choices = List.copyOf(choices);
    }

    DecodingChoice of(int prompt) {
      return choices.get(prompt % choices.size());
    }
  }

  private record Output(List<Integer> tokens, DecodingRun run) {}

  private final FrontDesk desk;
  private final Drawing drawing;
  private final int batch;
  private final BooleanSupplier stopped;
  private final Consumer<String> progress;
  private int runs;

  DecodingRounds(FrontDesk desk, Drawing drawing, int batch, BooleanSupplier stopped, Consumer<String> progress) {
    this.desk = desk;
    this.drawing = drawing;
    this.batch = batch;
    this.stopped = stopped;
    this.progress = progress;
  }

  /** Every group of every workload in every way, so many rounds; what is complete when it is stopped. */
  List<DecodingPair> run(List<BenchPrompts> workloads, List<Way> ways, int rounds) {
    List<DecodingPair> pairs = new ArrayList<>();
    progress.accept("warming up");
    for (Way way : ways) pair(workloads.getFirst(), 0, way, false);
    for (int round = 0; round < rounds; round++) {
      for (BenchPrompts workload : workloads) {
        int groups = (workload.prompts().size() + batch - 1) / batch;
        for (int group = 0; group < groups; group++) {
          for (int w = 0; w < ways.size(); w++) {
            if (stopped.getAsBoolean()) return pairs;
            progress.accept("round %d of %d: %s, group %d of %d, %s".formatted(round + 1, rounds, workload.name(), group + 1, groups, ways.get(w).label()));
            DecodingPair pair = pair(workload, group, ways.get(w), (round + group + w) % 2 == 1);
            // An output that ended at once has no time to compare.
            if (pair.plain().tokens() > 0 && pair.other().tokens() > 0) pairs.add(pair);
          }
        }
      }
    }
    return pairs;
  }

  private DecodingPair pair(BenchPrompts workload, int group, Way way, boolean otherFirst) {
    int first = group * batch;
    List<Prompt> prompts = workload.prompts().subList(first, Math.min(workload.prompts().size(), first + batch));
    List<Output> other = otherFirst ? decode(prompts, way, first) : List.of();
    List<Output> plain = decode(prompts, Way.PLAIN, first);
    if (!otherFirst) other = decode(prompts, way, first);
    int equal = 0;
    boolean looping = false;
    for (int i = 0; i < plain.size(); i++) {
      if (plain.get(i).tokens().equals(other.get(i).tokens())) equal++;
      looping |= loops(plain.get(i).tokens());
    }
    return new DecodingPair(workload.name(), way.label(), group, plain.size(), equal, looping, sum(plain), sum(other));
  }

  private static DecodingRun sum(List<Output> outputs) {
    return outputs.stream().map(Output::run).reduce(DecodingRun.NONE, DecodingRun::plus);
  }

  private List<Output> decode(List<Prompt> prompts, Way way, int firstPrompt) {
    String salt = "bench-" + runs++;
    try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Output>> reading = new ArrayList<>();
      for (int i = 0; i < prompts.size(); i++) {
        int prompt = firstPrompt + i;
        GenerationCall call = call(prompts.get(i), way.of(prompt), salt, drawing.seed() + prompt);
        reading.add(readers.submit(() -> read(call)));
      }
      List<Output> outputs = new ArrayList<>();
      for (Future<Output> each : reading) outputs.add(each.get());
      return outputs;
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) throw cause;
      throw new IllegalStateException(failed.getCause());
    } catch (InterruptedException hurry) {
      Thread.currentThread().interrupt();
      throw new Problem("the bench was interrupted");
    }
  }

  private GenerationCall call(Prompt prompt, DecodingChoice choice, String salt, long seed) {
    return new GenerationCall(
        "bench",
        null,
        List.of(prompt),
        1,
        OptionalInt.of(drawing.maxTokens()),
        drawing.temperature(),
        0,
        1f,
        0f,
        OptionalLong.of(seed),
        LogitAdjustments.NONE,
        StopRule.END_OF_TEXT,
        -1,
        -1,
        choice,
        salt);
  }

  private Output read(GenerationCall call) throws InterruptedException {
    long asked = System.nanoTime();
    try (LiveGeneration live =
        switch (desk.submit(call)) {
          case Answer.Given<LiveGeneration>(LiveGeneration given) -> given;
          case Answer.Refused<LiveGeneration>(var why) -> throw new Problem("a prompt was refused: " + why.message());
        }) {
      List<Integer> tokens = new ArrayList<>();
      long first = 0;
      while (true) {
        GenerationPiece piece = live.choices().getFirst().next(PATIENCE);
        switch (piece) {
          case null -> throw new Problem("no token came for %d minutes".formatted(PATIENCE.toMinutes()));
          case GenerationPiece.PromptScored _ -> {}
          case GenerationPiece.Text(String _, List<TokenDetail> details) -> {
            if (first == 0) first = System.nanoTime();
            for (TokenDetail token : details) tokens.add(token.id());
          }
          case GenerationPiece.End end -> {
            long now = System.nanoTime();
            return new Output(tokens, run(end, (now - (first == 0 ? now : first)) / 1e9, (now - asked) / 1e9));
          }
          case GenerationPiece.Fault(var failure) -> throw new Problem("a generation failed: " + failure.message());
        }
      }
    }
  }

  private static DecodingRun run(GenerationPiece.End end, double decodeSeconds, double wholeSeconds) {
    DecodingRun run = new DecodingRun(0, 0, 0, 0, end.timings().decode() / 1e9, decodeSeconds, wholeSeconds);
    for (DecodingRecord record : end.timings().decoding()) {
      run = run.plus(new DecodingRun(record.tokens(), record.passes(), record.drafted(), record.discarded(), 0, 0, 0));
    }
    return run;
  }

  /** Whether a sequence of eight tokens comes more than three times. */
  static boolean loops(List<Integer> tokens) {
    Map<List<Integer>, Integer> grams = new HashMap<>();
    for (int i = 0; i + GRAM <= tokens.size(); i++) {
      if (grams.merge(tokens.subList(i, i + GRAM), 1, Integer::sum) > MOST_REPEATS) return true;
    }
    return false;
  }
}
