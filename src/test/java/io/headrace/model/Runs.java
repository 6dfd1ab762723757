package io.headrace.model;

import io.headrace.tensor.Kernels;
import io.headrace.weights.WeightFile;
import java.nio.file.Path;

/** Ways of putting tokens through a model that tests share. */
final class Runs {
  private Runs() {}

  static DecoderModel load(Path path, Kernels kernels, LoadOptions options) {
    try (WeightFile file = WeightFile.open(path)) {
      return Models.load(file, kernels, options, LoadProgress.IGNORED);
    }
  }

  /** Blocks 0, 1, 2, ... enough for {@code tokens}. */
  static int[] table(int tokens) {
    int[] table = new int[(tokens + 15) / 16];
    for (int i = 0; i < table.length; i++) table[i] = i;
    return table;
  }

  /** Logits of every token of one sequence, computed in chunks of at most {@code chunk}. */
  static float[][] everyRow(Model model, int[] tokens, int chunk) {
    return everyRow(model, tokens, chunk, table(tokens.length));
  }

  static float[][] everyRow(Model model, int[] tokens, int chunk, int[] table) {
    float[][] rows = new float[tokens.length][];
    ForwardBatch batch = model.newBatch();
    for (int at = 0; at < tokens.length; at += chunk) {
      int count = Math.min(chunk, tokens.length - at);
      batch.clear();
      batch.addChain(table, table.length, at, tokens, at, count, count);
      LogitRows logits = model.forward(batch);
      for (int i = 0; i < count; i++) {
        rows[at + i] = new float[logits.vocabulary()];
        logits.copyRow(i, rows[at + i]);
      }
    }
    return rows;
  }

  /** Logits of the last token only. */
  static float[] lastRow(Model model, int[] tokens) {
    int[] table = table(tokens.length);
    ForwardBatch batch = model.newBatch();
    float[] row = new float[model.card().vocabulary()];
    for (int at = 0; at < tokens.length; at += batch.maxRows()) {
      int count = Math.min(batch.maxRows(), tokens.length - at);
      boolean last = at + count == tokens.length;
      batch.clear();
      batch.addChain(table, table.length, at, tokens, at, count, last ? 1 : 0);
      LogitRows logits = model.forward(batch);
      if (last) logits.copyRow(0, row);
    }
    return row;
  }
}
