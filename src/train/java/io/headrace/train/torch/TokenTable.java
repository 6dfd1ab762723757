package io.headrace.train.torch;

import io.headrace.train.Corpus;
import io.headrace.weights.TensorFile;
import io.headrace.weights.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** The model's token vectors, mapped: those it reads ({@code embedding}) and those it compares its state with ({@code output}). */
final class TokenTable implements AutoCloseable {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final TensorFile file;
  private final TensorInfo embedding;
  private final TensorInfo output;

  TokenTable(Path corpus, int vocabulary, int hidden) {
    file = TensorFile.open(corpus.resolve(Corpus.VECTORS));
    embedding = file.tensors().get("embedding", vocabulary, hidden);
    output = file.tensors().has("output") ? file.tensors().get("output", vocabulary, hidden) : embedding;
  }

  /** Copies the vector that the model reads for {@code token}. */
  void embedding(int token, float[] out, int at) {
    copy(embedding, token, out, at);
  }

  /** Copies the row of the output matrix of {@code token}. */
  void output(int token, float[] out, int at) {
    copy(output, token, out, at);
  }

  /** The rows of the output matrix of {@code tokens}, one after another. */
  float[] outputs(int[] tokens) {
    int width = (int) output.columns();
    float[] rows = new float[tokens.length * width];
    for (int i = 0; i < tokens.length; i++) copy(output, tokens[i], rows, i * width);
    return rows;
  }

  /** Root of the mean square of what the model reads, over {@code tokens}. */
  double rootMeanSquare(int[] tokens) {
    int width = (int) embedding.columns();
    float[] row = new float[width];
    double sum = 0;
    for (int token : tokens) {
      copy(embedding, token, row, 0);
      for (float value : row) sum += value * value;
    }
    return Math.sqrt(sum / ((double) tokens.length * width));
  }

  private static void copy(TensorInfo matrix, int token, float[] out, int at) {
    int width = (int) matrix.columns();
    MemorySegment.copy(matrix.data(), FLOAT, 4L * token * width, out, at, width);
  }

  @Override
  public void close() {
    file.close();
  }
}
