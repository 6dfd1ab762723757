package io.headrace.engine;

import io.headrace.decode.ModelRows;
import io.headrace.generation.ModelTokens;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Adds up {@link ModelTokens} by model: one for each sequence, one for the engine. The engine thread adds, any thread may read; each
 * number is exact.
 */
final class ModelTally {
  private final AtomicLongArray tokens = new AtomicLongArray(ModelRows.MOST);
  private final AtomicLongArray takeovers = new AtomicLongArray(ModelRows.MOST);

  /**
   * Takes in the output of a pass.
   *
   * @param part mask of the models that had a part in it
   * @param before mask of those that had in the output before it; 0 for the first
   */
  void output(int part, int before, int count) {
    for (int model = 0; model < ModelRows.MOST; model++) {
      if ((part >> model & 1) == 0) continue;
      tokens.setRelease(model, tokens.getPlain(model) + count);
      if (before != 0 && (before >> model & 1) == 0) takeovers.setRelease(model, takeovers.getPlain(model) + 1);
    }
  }

  /** By number, of the models with these names. */
  List<ModelTokens> records(List<String> names) {
    List<ModelTokens> records = new ArrayList<>(names.size());
    for (int model = 0; model < names.size(); model++) {
      records.add(new ModelTokens(names.get(model), tokens.getAcquire(model), takeovers.getAcquire(model)));
    }
    return records;
  }
}
