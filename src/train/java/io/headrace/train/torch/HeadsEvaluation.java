package io.headrace.train.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.headrace.train.Corpus;
import io.headrace.train.GuessRanks;
import io.headrace.train.HeadsJob;
import io.headrace.train.HeadsReport;
import io.headrace.train.Reliability;
import io.headrace.train.Split;
import io.headrace.train.StateRows;
import io.headrace.train.VocabularySlice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.SequencedMap;
import java.util.function.Consumer;

/** Asks trained heads at every position of the splits they were not trained on, and writes what is known of them. */
final class HeadsEvaluation {
  private static final int SPAN = 32;
  private static final int SPANS = 32;

  private final HeadsJob job;
  private final Corpus corpus;
  private final VocabularySlice slice;
  private final TokenTable table;
  private final HeadNetwork network;
  private final NDArray turned;
  private final NDManager manager;
  private final Consumer<String> say;

  HeadsEvaluation(
      HeadsJob job,
      Corpus corpus,
      VocabularySlice slice,
      TokenTable table,
      HeadNetwork network,
      NDArray turned,
      NDManager manager,
      Consumer<String> say) {
    this.job = job;
    this.corpus = corpus;
    this.slice = slice;
    this.table = table;
    this.network = network;
    this.turned = turned;
    this.manager = manager;
    this.say = say;
  }

  /** Writes {@code heads.json} and the card. */
  void write(Path folder, int trainRows, int steps, double seconds) throws IOException {
    List<Reliability> reliability = new ArrayList<>();
    for (int k = 0; k < job.heads(); k++) reliability.add(new Reliability());
    SequencedMap<String, Double> coverage = new LinkedHashMap<>();
    SequencedMap<String, GuessRanks> calibration = new LinkedHashMap<>();
    SequencedMap<String, GuessRanks> report = new LinkedHashMap<>();
    int vocabulary = corpus.settings().vocabulary();
    try (StateRows rows = StateRows.open(corpus, Set.of(Split.CALIBRATION), Long.MAX_VALUE)) {
      coverage.put("the calibration split", slice.coverage(rows.counts(vocabulary)));
      ask(rows, false, calibration, reliability);
    }
    try (StateRows rows = StateRows.open(corpus, Set.of(Split.REPORT), Long.MAX_VALUE)) {
      coverage.put("answers to held-out prompts", slice.coverage(rows.counts(vocabulary)));
      ask(rows, true, report, List.of());
    }
    GuessRanks ranks = calibration.getOrDefault("all", new GuessRanks(job.heads()));
    HeadsReport card = new HeadsReport(corpus.settings(), job, trainRows, slice, coverage, ranks, reliability, report, steps, seconds);
    card.write(folder);
    say.accept(card.card());
  }

  /** Ranks of the truth at every row whose answer goes on; all together, and by prompt file where that is wanted. */
  private void ask(StateRows rows, boolean bySource, SequencedMap<String, GuessRanks> ranks, List<Reliability> reliability) {
    int[] columnOf = slice.columns(corpus.settings().vocabulary());
    int hidden = corpus.settings().hidden();
    int all = rows.rows();
    ranks.put("all", new GuessRanks(job.heads()));
    for (int from = 0; from < all; from += SPAN * SPANS) {
      int count = Math.min(SPAN * SPANS, all - from);
      float[] states = new float[count * hidden];
      float[][] vectors = new float[job.heads()][count * hidden];
      long[][] columns = new long[job.heads()][count];
      for (int i = 0; i < count; i++) {
        rows.copyState(from + i, states, i * hidden);
        for (int k = 0; k < job.heads(); k++) {
          int before = rows.together(from + i, from + i + k) ? rows.token(from + i + k) : 0;
          table.embedding(before, vectors[k], i * hidden);
          columns[k][i] = rows.together(from + i, from + i + k + 1) ? columnOf[rows.token(from + i + k + 1)] : -1;
        }
      }
      int[][] found = ranks(states, vectors, columns, count, hidden, rows, from, reliability);
      for (int i = 0; i < count; i++) {
        if (!rows.together(from + i, from + i + 1)) continue;
        int[] truth = new int[job.heads()];
        for (int k = 0; k < job.heads(); k++) truth[k] = found[k][i];
        ranks.get("all").add(truth);
        if (bySource) {
          String name = corpus.settings().heldOut().get(rows.source(from + i)).name();
          ranks.computeIfAbsent(name, _ -> new GuessRanks(job.heads())).add(truth);
        }
      }
    }
  }

  private int[][] ranks(
      float[] states, float[][] vectors, long[][] columns, int count, int hidden, StateRows rows, int from, List<Reliability> reliability) {
    int[][] found = new int[job.heads()][count];
    try (NDManager scratch = manager.newSubManager()) {
      List<NDArray> seen = new ArrayList<>();
      for (float[] each : vectors) seen.add(scratch.create(each, new Shape(count, hidden)));
      List<NDArray> made = network.states(scratch.create(states, new Shape(count, hidden)), seen);
      for (int k = 0; k < made.size(); k++) {
        long[] wanted = columns[k].clone();
        for (int i = 0; i < count; i++) wanted[i] = Math.max(0, wanted[i]);
        try (NDArray logits = made.get(k).matMul(turned);
            NDArray index = scratch.create(wanted, new Shape(count, 1));
            NDArray ours = logits.gather(index, 1);
            NDArray larger = logits.gt(ours);
            NDArray counted = larger.toType(DataType.INT32, false);
            NDArray above = counted.sum(new int[] {1});
            NDArray shares = logits.softmax(1);
            NDArray best = shares.max(new int[] {1})) {
          long[] above64 = above.toType(DataType.INT64, false).toLongArray();
          float[] sure = best.toFloatArray();
          for (int i = 0; i < count; i++) {
            found[k][i] = columns[k][i] < 0 ? GuessRanks.MISSED : (int) above64[i];
            boolean asked = rows.together(from + i, from + i + k + 1);
            if (asked && !reliability.isEmpty()) reliability.get(k).add(sure[i], found[k][i] == 0);
          }
        }
      }
    }
    return found;
  }
}
