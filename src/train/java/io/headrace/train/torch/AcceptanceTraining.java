package io.headrace.train.torch;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.headrace.train.AcceptanceJob;
import io.headrace.train.AcceptanceReport;
import io.headrace.train.Corpus;
import io.headrace.train.CorpusException;
import io.headrace.train.HeadsJob;
import io.headrace.train.Reliability;
import io.headrace.train.Split;
import io.headrace.train.StateRows;
import io.headrace.train.StopRules;
import io.headrace.train.VocabularySlice;
import io.headrace.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Fits an acceptance head to guesses that the trained heads make by themselves, which is what it judges in serving; a guess counts if
 * all before it were right, since behind a wrong one nothing is accepted whatever it is. Labels are 0 and 1: greedy serving.
 *
 * <p>The heads know the answers that they were trained on by heart, so it is fitted to those of the training split that they were not
 * given ({@code --rows} of their training), if these are at least as many as the calibration split has, and the calibration split chooses
 * worths. Otherwise it is fitted to every second answer of the calibration split, and the others choose.
 */
final class AcceptanceTraining {
  private static final double DECAY = 0.01;

  /** Of the logistic model's learning rate, over the head's: it has six weights and few steps. */
  private static final double FASTER = 30;

  private static final int LOG_STEPS = 10;

  private final AcceptanceJob job;
  private final HeadsJob heads;
  private final Path folder;
  private final BooleanSupplier stopped;
  private final Consumer<String> say;

  AcceptanceTraining(AcceptanceJob job, HeadsJob heads, Path folder, BooleanSupplier stopped, Consumer<String> say) {
    this.job = job;
    this.heads = heads;
    this.folder = folder;
    this.stopped = stopped;
    this.say = say;
  }

  private record Tools(StateRows fitted, int[] order, StateRows rows, TokenTable table, int[] tokens, NDArray turned, HeadNetwork drafter, AcceptanceNetwork judge, NDManager manager) {}

  /** Trains, and writes results unless it was stopped before. */
  boolean run() throws IOException {
    Corpus corpus = Corpus.open(Path.of(heads.corpus()));
    int hidden = corpus.settings().hidden();
    int vocabulary = corpus.settings().vocabulary();
    try (StateRows trained = StateRows.open(corpus, Set.of(Split.TRAIN), heads.rows());
        StateRows unseen = StateRows.after(corpus, Set.of(Split.TRAIN), heads.rows());
        StateRows rows = StateRows.open(corpus, Set.of(Split.CALIBRATION), Long.MAX_VALUE);
        TokenTable table = new TokenTable(corpus.folder(), vocabulary, hidden);
        NDManager manager = NDManager.newBaseManager()) {
      int[] tokens = VocabularySlice.mostFrequent(trained.counts(vocabulary), heads.slice()).tokens();
      HeadNetwork drafter =
          new HeadNetwork(heads, hidden, trained.rootMeanSquare(), table.rootMeanSquare(tokens), manager, new SplittableRandom(heads.seed()));
      new Checkpoint(folder).restore(drafter.parameters());
      for (Parameter each : drafter.parameters()) each.value.setRequiresGradient(false);
      AcceptanceNetwork judge =
          new AcceptanceNetwork(job, hidden, drafter.stateScale(), drafter.tokenScale(), manager, new SplittableRandom(job.seed()));
      NDArray turned = manager.create(table.outputs(tokens), new Shape(tokens.length, hidden)).transpose();
      boolean enough = unseen.rows() >= rows.rows();
      int[] order = enough ? all(unseen) : half(rows, 0);
      say.accept("fitted to %d positions of %s".formatted(order.length, enough ? "training answers that the heads were not given" : "half of the calibration split"));
      Tools tools = new Tools(enough ? unseen : rows, order, rows, table, tokens, turned, drafter, judge, manager);
      long[] counts = train(tools);
      if (counts.length == 0) return false;
      SafetensorsWriter writer = new SafetensorsWriter().note("format", "headrace acceptance 1");
      judge.export(writer);
      writer.write(folder.resolve("acceptance.safetensors"));
      report(corpus, tools, counts);
      return true;
    }
  }

  /** Trains; guesses seen and accepted in the last epoch, or nothing if it was stopped. */
  private long[] train(Tools tools) {
    int[] order = tools.order;
    int perEpoch = order.length / job.batch();
    int steps = perEpoch * job.epochs();
    if (steps < 1) {
      throw new CorpusException(
          folder, "there are %d tokens that the heads do not know, too few for one step of %d; make more, or give a smaller --batch".formatted(order.length, job.batch()));
    }
    SplittableRandom random = new SplittableRandom(job.seed() + 17);
    long[] counts = new long[2];
    double[] losses = new double[3];
    for (int step = 0; step < steps; step++) {
      if (stopped.getAsBoolean()) return new long[0];
      if (step % perEpoch == 0) {
        shuffle(order, random);
        Arrays.fill(counts, 0);
      }
      double rate = job.rate() * (0.02 + 0.98 * 0.5 * (1 + Math.cos(Math.PI * step / steps))) * Math.min(1, (step + 1) / 10.0);
      step(tools, order, step % perEpoch * job.batch(), rate, step + 1, counts, losses);
      if ((step + 1) % LOG_STEPS == 0 || step + 1 == steps) {
        say.accept(
            String.format(
                Locale.ROOT,
                "step %d of %d: cross-entropy of the head %.4f, of the logistic model %.4f, %.3f of the guesses right",
                step + 1, steps, losses[0] / losses[2], losses[1] / losses[2], (double) counts[1] / counts[0]));
        Arrays.fill(losses, 0);
      }
    }
    return counts;
  }

  private static int[] all(StateRows rows) {
    return IntStream.range(0, rows.rows()).toArray();
  }

  /** Rows of every second answer: 0 those to fit to, 1 those that choose. */
  private static int[] half(StateRows rows, int which) {
    return IntStream.range(0, rows.rows()).filter(row -> rows.answer(row) % 2 == which).toArray();
  }

  private static void shuffle(int[] order, SplittableRandom random) {
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int held = order[i];
      order[i] = order[j];
      order[j] = held;
    }
  }

  private void step(Tools tools, int[] order, int from, double rate, int step, long[] counts, double[] losses) {
    int rows = job.batch();
    try (NDManager scratch = tools.manager.newSubManager()) {
      Rollout made = Rollout.of(heads, job.drafts(), tools.drafter, tools.fitted, tools.table, tools.tokens, tools.turned, order, from, rows, scratch);
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        NDArray surrogate = null;
        for (int k = 0; k < job.drafts(); k++) {
          NDArray f = AcceptanceNetwork.features(made.features[k], scratch);
          NDArray judged = tools.judge.logits(made.states[k], vectors(tools.table, made.guesses[k], scratch, (int) tools.turned.getShape().get(0)), f);
          NDArray simple = tools.judge.logistic(f);
          float[] known = new float[rows];
          float[] right = new float[rows];
          for (int i = 0; i < rows; i++) {
            boolean asked = made.accepted[i] >= k && tools.fitted.together(order[from + i], order[from + i] + k + 1);
            known[i] = asked ? 1 : 0;
            right[i] = made.accepted[i] > k ? 1 : 0;
          }
          NDArray first = judged.mul(slope(judged, known, right, scratch, losses, 0)).sum();
          NDArray second = simple.mul(slope(simple, known, right, scratch, losses, 1)).sum();
          NDArray both = first.add(second);
          surrogate = surrogate == null ? both : surrogate.add(both);
          for (int i = 0; i < rows; i++) {
            counts[0] += known[i] > 0 ? 1 : 0;
            counts[1] += known[i] * right[i] > 0 ? 1 : 0;
          }
        }
        collector.backward(surrogate);
      }
      for (Parameter each : tools.judge.parameters()) {
        boolean simple = each.name.startsWith("logistic");
        each.update(step, simple ? FASTER * rate : rate, simple ? 0 : DECAY, 1);
      }
    }
  }

  /** Slope of the weighted cross-entropy by the log-odds; the unweighted one is added to {@code losses}. */
  private NDArray slope(NDArray logits, float[] known, float[] right, NDManager scratch, double[] losses, int which) {
    float[] odds = logits.stopGradient().toFloatArray();
    float[] slopes = new float[odds.length];
    double total = 0;
    for (int i = 0; i < odds.length; i++) total += known[i] * (right[i] > 0 ? 1 : job.weight());
    for (int i = 0; i < odds.length; i++) {
      if (known[i] == 0) continue;
      double p = 1 / (1 + Math.exp(-odds[i]));
      slopes[i] = (float) ((right[i] > 0 ? p - 1 : job.weight() * p) / Math.max(1, total));
      losses[which] -= Math.log(Math.max(1e-12, right[i] > 0 ? p : 1 - p));
      if (which == 0) losses[2]++;
    }
    return scratch.create(slopes, new Shape(odds.length, 1));
  }

  private static NDArray vectors(TokenTable table, int[] guesses, NDManager scratch, int hidden) {
    float[] values = new float[guesses.length * hidden];
    for (int i = 0; i < guesses.length; i++) table.embedding(guesses[i], values, i * hidden);
    return scratch.create(values, new Shape(guesses.length, hidden));
  }

  private void report(Corpus corpus, Tools tools, long[] counts) throws IOException {
    SequencedMap<String, Reliability> reliability = new LinkedHashMap<>();
    reliability.put("drafter's confidence", new Reliability());
    reliability.put("logistic model", new Reliability());
    reliability.put("trained head", new Reliability());
    List<StopRules.Play> calibration = rules(positions(tools, tools.rows, tools.fitted == tools.rows ? half(tools.rows, 1) : all(tools.rows), reliability)).best();
    double worth = AcceptanceReport.rule(calibration, StopRules.HEAD).parameter();
    SequencedMap<String, List<StopRules.Play>> report = new LinkedHashMap<>();
    SequencedMap<String, StopRules.Play> transferred = new LinkedHashMap<>();
    try (StateRows rows = StateRows.open(corpus, Set.of(Split.REPORT), Long.MAX_VALUE)) {
      List<StopRules.Position> all = positions(tools, rows, all(rows), null);
      SequencedMap<String, List<StopRules.Position>> sets = new LinkedHashMap<>();
      sets.put("all held-out prompts", all);
      for (int row = 0; row < rows.rows(); row++) {
        sets.computeIfAbsent(corpus.settings().heldOut().get(rows.source(row)).name(), _ -> new ArrayList<>()).add(all.get(row));
      }
      sets.forEach(
          (name, positions) -> {
            StopRules rules = rules(positions);
            report.put(name, rules.best());
            transferred.put(name, rules.trained(worth));
          });
    }
    AcceptanceReport card =
        new AcceptanceReport(
            job, heads, counts[0], (double) counts[1] / counts[0], calibration, report, transferred, reliability, tools.judge.logisticWeights());
    card.write(folder);
    say.accept(card.card());
  }

  private StopRules rules(List<StopRules.Position> positions) {
    return new StopRules(positions, job.drafts(), StopRules.costs(job.passCosts()), job.draftCost());
  }

  /** What the own drafts of each row of {@code order} came to, and what was said of them. */
  private List<StopRules.Position> positions(
      Tools tools, StateRows rows, int[] order, @Nullable SequencedMap<String, Reliability> reliability) {
    List<StopRules.Position> all = new ArrayList<>();
    for (int from = 0; from < order.length; from += job.batch()) {
      int count = Math.min(job.batch(), order.length - from);
      float[][][] said = new float[3][count][job.drafts()];
      try (NDManager scratch = tools.manager.newSubManager()) {
        Rollout made = Rollout.of(heads, job.drafts(), tools.drafter, rows, tools.table, tools.tokens, tools.turned, order, from, count, scratch);
        for (int k = 0; k < job.drafts(); k++) {
          NDArray f = AcceptanceNetwork.features(made.features[k], scratch);
          NDArray e = vectors(tools.table, made.guesses[k], scratch, (int) tools.turned.getShape().get(0));
          float[] judged = tools.judge.logits(made.states[k], e, f).toFloatArray();
          float[] simple = tools.judge.logistic(f).toFloatArray();
          for (int i = 0; i < count; i++) {
            said[0][i][k] = made.features[k][i][0];
            said[1][i][k] = (float) (1 / (1 + Math.exp(-simple[i])));
            said[2][i][k] = (float) (1 / (1 + Math.exp(-judged[i])));
            if (reliability == null || made.accepted[i] < k || !rows.together(order[from + i], order[from + i] + k + 1)) continue;
            int which = 0;
            for (Reliability each : reliability.values()) each.add(said[which++][i][k], made.accepted[i] > k);
          }
        }
        for (int i = 0; i < count; i++) {
          all.add(new StopRules.Position(rows.answer(order[from + i]), made.accepted[i], said[0][i], said[1][i], said[2][i]));
        }
      }
    }
    return all;
  }
}
