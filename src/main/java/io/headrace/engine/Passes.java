package io.headrace.engine;

import io.headrace.decode.ModelRows;
import io.headrace.model.ForwardBatch;
import io.headrace.model.LogitRows;
import io.headrace.model.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The passes of one step: one for each model that has rows in it, the target's last. Models are numbered as in {@link ModelRows}.
 *
 * <p>Thread: engine thread.
 */
final class Passes {
  private final Model[] models;
  private final ForwardBatch[] batches;
  private final @Nullable LogitRows[] rows;
  private final @Nullable Throwable[] faults;
  private final List<String> names = new ArrayList<>();

  /**
   * @throws IllegalArgumentException if a companion does not fit the target, or there are too many
   */
  Passes(Model target, List<Companion> companions) {
    if (companions.size() >= ModelRows.MOST) {
      throw new IllegalArgumentException("there may be %d companions at most, not %d".formatted(ModelRows.MOST - 1, companions.size()));
    }
    models = new Model[1 + companions.size()];
    models[ModelRows.TARGET] = target;
    names.add(Companion.TARGET);
    for (int i = 0; i < companions.size(); i++) {
      Companion companion = companions.get(i);
      companion.check(target);
      if (names.contains(companion.name())) throw new IllegalArgumentException("two companions have the name '%s'".formatted(companion.name()));
      names.add(companion.name());
      models[1 + i] = companion.model();
    }
    batches = new ForwardBatch[models.length];
    for (int i = 0; i < models.length; i++) batches[i] = models[i].newBatch();
    rows = new LogitRows[models.length];
    faults = new Throwable[models.length];
  }

  /** Models, the target included. */
  int count() {
    return models.length;
  }

  /** By number. */
  List<String> names() {
    return names;
  }

  Model model(int number) {
    return models[number];
  }

  ForwardBatch batch(int number) {
    return batches[number];
  }

  /** Rows of a pass that every model takes. */
  int maxRows() {
    int most = Integer.MAX_VALUE;
    for (ForwardBatch batch : batches) most = Math.min(most, batch.maxRows());
    return most;
  }

  /** Sequences of a pass, likewise. */
  int maxSequences() {
    int most = Integer.MAX_VALUE;
    for (int i = 0; i < models.length; i++) most = Math.min(most, models[i].capabilities().batch() ? batches[i].maxSequences() : Math.min(1, batches[i].maxSequences()));
    return most;
  }

  /** Rows of a pass whose logits are wanted, likewise. */
  int maxWanted() {
    int most = Integer.MAX_VALUE;
    for (ForwardBatch batch : batches) most = Math.min(most, batch.maxWanted());
    return most;
  }

  /** Nodes of a tree, likewise; 1 where one of them computes no trees. */
  int maxTreeNodes() {
    int most = Integer.MAX_VALUE;
    for (Model model : models) most = Math.min(most, model.capabilities().treePass() ? Math.max(1, model.capabilities().maxTreeNodes()) : 1);
    return most;
  }

  /** Forgets all rows. */
  void clear() {
    for (ForwardBatch batch : batches) batch.clear();
  }

  /** Rows of all passes together. */
  int rows() {
    int sum = 0;
    for (ForwardBatch batch : batches) sum += batch.rows();
    return sum;
  }

  /**
   * Computes what is packed. A companion that cannot leaves a {@link #fault}; what the target throws is thrown.
   *
   * @param meanwhile done once or more while others compute, if any model takes its rows
   */
  void forward(Runnable meanwhile) {
    for (int i = models.length - 1; i >= 0; i--) {
      rows[i] = null;
      faults[i] = null;
      if (batches[i].rows() == 0) continue;
      if (i == ModelRows.TARGET) {
        rows[i] = models[i].forward(batches[i], meanwhile);
        continue;
      }
      try {
        rows[i] = models[i].forward(batches[i], meanwhile);
      } catch (RuntimeException | Error fault) {
        faults[i] = fault;
      }
    }
  }

  /** Logits of the last pass of a model that had rows in it. */
  LogitRows rows(int number) {
    return Objects.requireNonNull(rows[number]);
  }

  /** What went wrong in the last pass of one of the models of a mask, or null. */
  @Nullable Throwable fault(int mask) {
    for (int i = 0; i < models.length; i++) {
      if ((mask >> i & 1) != 0 && faults[i] != null) return faults[i];
    }
    return null;
  }
}
