package io.headrace.train.torch;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.headrace.train.Corpus;
import io.headrace.train.CorpusException;
import io.headrace.train.HeadsJob;
import io.headrace.train.Split;
import io.headrace.train.StateRows;
import io.headrace.train.VocabularySlice;
import io.headrace.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Fits heads to a corpus.
 *
 * <p><b>Loss.</b> Cross-entropy over the slice with labels that are part the token that came and part the target's own distribution,
 * {@code q}. Its gradient by a head's state is {@code softmax(E u) E - q E}, and {@code q E} is the token's row of the output matrix
 * mixed with the expected row under the target; so each head costs two products with the slice, the target's expectation two more for
 * all heads together, and only the small blocks are differentiated by PyTorch.
 *
 * <p><b>Order.</b> The rows are cut into spans of neighbours, because the target's distribution for one row is the label of another;
 * each epoch cuts and shuffles anew. A label outside the slice, or behind the end of an answer, is passed over.
 */
final class HeadsTraining {
  private static final int SPAN = 32;
  private static final double CLIP = 1.0;
  private static final double LAST_RATE = 0.05;
  private static final double SAVE_SECONDS = 60;
  private static final int LOG_STEPS = 10;

  private final HeadsJob job;
  private final Path folder;
  private final BooleanSupplier stopped;
  private final Consumer<String> say;

  /** @param stopped asked before every step; once true, the training saves and ends */
  HeadsTraining(HeadsJob job, Path folder, BooleanSupplier stopped, Consumer<String> say) {
    this.job = job;
    this.folder = folder;
    this.stopped = stopped;
    this.say = say;
  }

  /** Trains, or goes on; whether it came to the end and wrote its results. */
  boolean run() throws IOException {
    Corpus corpus = Corpus.open(Path.of(job.corpus()));
    int hidden = corpus.settings().hidden();
    int vocabulary = corpus.settings().vocabulary();
    try (StateRows rows = StateRows.open(corpus, Set.of(Split.TRAIN), job.rows());
        TokenTable table = new TokenTable(corpus.folder(), vocabulary, hidden);
        NDManager manager = NDManager.newBaseManager()) {
      VocabularySlice slice = VocabularySlice.mostFrequent(rows.counts(vocabulary), job.slice());
      int[] tokens = slice.tokens();
      HeadNetwork network =
          new HeadNetwork(job, hidden, rows.rootMeanSquare(), table.rootMeanSquare(tokens), manager, new SplittableRandom(job.seed()));
      NDArray output = manager.create(table.outputs(tokens), new Shape(tokens.length, hidden));
      NDArray turned = output.transpose();
      Checkpoint checkpoint = new Checkpoint(folder);
      double[] progress = checkpoint.restore(network.parameters());
      int step = (int) progress[0];
      double before = progress[1];
      int perStep = job.batch() / SPAN;
      int spans = (rows.rows() - job.heads() - SPAN) / SPAN;
      int perEpoch = spans / perStep;
      int steps = perEpoch * job.epochs();
      if (steps < 1) throw new CorpusException(corpus.folder(), "has %d tokens for training, too few for one step of %d".formatted(rows.rows(), job.batch()));
      say.accept(
          "%d tokens in %d answers, slice of %d tokens covers %.1f %%, %d steps%s"
              .formatted(rows.rows(), rows.sequences(), tokens.length, 100 * slice.coverage(rows.counts(vocabulary)), steps, step > 0 ? ", going on after step " + step : ""));
      long begun = System.nanoTime();
      double savedAt = 0;
      int first = step;
      Batch batch = new Batch(rows, table, slice.columns(vocabulary), job.heads(), hidden, perStep, SPAN);
      int[] order = new int[0];
      int shuffled = -1;
      Meter meter = new Meter(job.heads());
      while (step < steps && !stopped.getAsBoolean()) {
        int epoch = step / perEpoch;
        if (epoch != shuffled) {
          order = order(spans, epoch);
          shuffled = epoch;
        }
        batch.fill(order, step % perEpoch * perStep);
        step(network, output, turned, batch, manager, step + 1, rate(step, steps), meter);
        step++;
        double elapsed = (System.nanoTime() - begun) / 1e9;
        if (step % LOG_STEPS == 0 || step == steps) {
          double each = elapsed / (step - first);
          say.accept(
              String.format(
                  Locale.ROOT,
                  "step %d of %d: %s; %.2f s a step, %.0f positions/s, %.0f s left",
                  step, steps, meter.take(), each, job.batch() / each, each * (steps - step)));
        }
        if (elapsed - savedAt >= SAVE_SECONDS) {
          checkpoint.save(network.parameters(), step, before + elapsed);
          savedAt = elapsed;
        }
      }
      double seconds = before + (System.nanoTime() - begun) / 1e9;
      checkpoint.save(network.parameters(), step, seconds);
      if (step < steps) {
        say.accept("stopped after step %d of %d; run the same command again to go on".formatted(step, steps));
        return false;
      }
      SafetensorsWriter writer = new SafetensorsWriter().note("format", "headrace heads 1").note("kind", job.kind().word());
      network.export(writer);
      writer.write(folder.resolve("heads.safetensors"));
      new HeadsEvaluation(job, corpus, slice, table, network, turned, manager, say).write(folder, rows.rows(), steps, seconds);
      return true;
    }
  }

  /** First rows of an epoch's spans, shuffled. */
  private int[] order(int spans, int epoch) {
    SplittableRandom random = new SplittableRandom(job.seed() * 31 + epoch + 1);
    int offset = random.nextInt(SPAN);
    int[] order = new int[spans];
    for (int i = 0; i < spans; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = offset + i * SPAN;
    }
    return order;
  }

  /** A short rise, then half a cosine. */
  private double rate(int step, int steps) {
    int rise = Math.max(1, Math.min(steps / 20, 100));
    if (step < rise) return job.rate() * (step + 1) / rise;
    double done = (double) (step - rise) / Math.max(1, steps - rise);
    return job.rate() * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + Math.cos(Math.PI * done)));
  }

  private void step(
      HeadNetwork network, NDArray output, NDArray turned, Batch batch, NDManager manager, int step, double rate, Meter meter) {
    int hidden = (int) output.getShape().get(1);
    int rows = batch.rows();
    try (NDManager scratch = manager.newSubManager()) {
      NDArray expected = job.soft() == 0 ? null : expected(batch, output, turned, scratch, hidden);
      NDArray h = scratch.create(batch.states(), new Shape(rows, hidden));
      List<NDArray> vectors = new ArrayList<>();
      for (int k = 0; k < job.heads(); k++) vectors.add(scratch.create(batch.vectors(k), new Shape(rows, hidden)));
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        List<NDArray> states = network.states(h, vectors);
        NDArray surrogate = null;
        for (int k = 0; k < states.size(); k++) {
          NDArray u = states.get(k);
          NDArray gradient = gradient(k, u.stopGradient(), batch, output, turned, expected, scratch, meter);
          gradient.muli(Math.pow(job.lossDecay(), k));
          NDArray part = u.mul(gradient).sum();
          surrogate = surrogate == null ? part : surrogate.add(part);
        }
        collector.backward(surrogate);
      }
      double norm = 0;
      for (Parameter each : network.parameters()) norm += each.squaredGradient();
      double scale = Math.min(1, CLIP / (Math.sqrt(norm) + 1e-12));
      for (Parameter each : network.parameters()) each.update(step, rate, job.decay(), scale);
    }
  }

  /** Expected rows of the output matrix under the target's distribution over the slice, {@code [spans, SPAN + heads, hidden]}. */
  private NDArray expected(Batch batch, NDArray output, NDArray turned, NDManager scratch, int hidden) {
    int wide = SPAN + job.heads();
    NDArray all = scratch.create(batch.wideStates(), new Shape((long) batch.spans() * wide, hidden));
    NDArray logits = all.matMul(turned);
    NDArray shares = logits.softmax(1);
    logits.close();
    NDArray rows = shares.matMul(output);
    shares.close();
    all.close();
    return rows.reshape(batch.spans(), wide, hidden);
  }

  /** Gradient of a head's mean loss by its states, zero where there is no label. */
  private NDArray gradient(
      int k, NDArray u, Batch batch, NDArray output, NDArray turned, @Nullable NDArray expected, NDManager scratch, Meter meter) {
    int rows = batch.rows();
    int hidden = (int) output.getShape().get(1);
    NDArray logits = u.matMul(turned);
    NDArray shares = logits.softmax(1);
    meter.add(k, shares, batch.columns(k), scratch);
    logits.close();
    NDArray gradient = shares.matMul(output);
    shares.close();
    NDArray label = scratch.create(batch.labels(k), new Shape(rows, hidden));
    gradient.subi(label.muli(1 - job.soft()));
    if (expected != null) {
      NDArray soft = expected.get(":, %d:%d, :".formatted(k + 1, k + 1 + SPAN)).reshape(rows, hidden);
      gradient.subi(soft.mul(job.soft()));
    }
    return gradient.muli(scratch.create(batch.mask(k), new Shape(rows, 1)));
  }
}
