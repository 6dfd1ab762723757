package io.headrace.model;

import io.headrace.tensor.BufferSpec;
import io.headrace.tensor.BufferSpec.Kind;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.Matrix;
import io.headrace.tensor.MatrixArena;
import io.headrace.tensor.Op;
import io.headrace.tensor.QuantFormat;
import io.headrace.weights.Dequantiser;
import io.headrace.weights.Quantiser;
import io.headrace.weights.TensorInfo;
import io.headrace.weights.WeightFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * An output head with some rows of the output matrix: a draft model's reduced vocabulary, or the few tokens a judge may answer with.
 * Rows keep their format, and an output element does not depend on its neighbours, so logits equal those of the whole head bit for
 * bit.
 *
 * <p>Thread: engine thread. Close it before its model.
 */
public final class OutputSlice implements AutoCloseable {
  private static final int[] NO_TOKENS = {};

  private final int[] tokens;
  private final int hidden;
  private final MatrixArena arena;
  private final RowProgram program;
  private final int ops;
  private final BufferRows logits;

  private OutputSlice(int[] tokens, int hidden, MatrixArena arena, RowProgram program, int ops) {
    this.tokens = tokens;
    this.hidden = hidden;
    this.arena = arena;
    this.program = program;
    this.ops = ops;
    this.logits = new BufferRows(program.buffer(2), program.buffer(3), tokens.length);
  }

  static OutputSlice of(
      WeightFile file,
      Kernels kernels,
      LoadOptions options,
      Hyperparameters sizes,
      float[] outputNorm,
      int[] tokens) {
    TensorInfo output = output(file, sizes);
    check(tokens, sizes.vocabulary());
    boolean wide = options.dequantise() && output.format().quantisesActivations();
    QuantFormat format = wide ? QuantFormat.F32 : output.format();
    MatrixArena arena =
        kernels.openMatrices(kernels.matrixBytes(format, tokens.length, sizes.hidden()));
    try {
      Matrix matrix = packRows(arena, output, format, tokens);
      int rows = options.maxWanted();
      Kind input = format.quantisesActivations() ? options.activations().kind() : Kind.F32;
      List<BufferSpec> buffers =
          List.of(
              new BufferSpec(Kind.F32, rows, sizes.hidden()),
              new BufferSpec(input, rows, sizes.hidden()),
              new BufferSpec(Kind.F32, rows, tokens.length),
              new BufferSpec(Kind.F32, rows, BufferRows.spans(tokens.length)));
      float[] bias = bias(file, sizes, tokens);
      List<Op> ops =
          List.of(
              new Op.Norm(0, 1, outputNorm, sizes.epsilon(), false),
              new Op.Matmul(1, 2, 0, matrix, bias, false, false),
              new Op.Peaks(2, 3, false));
      RowProgram program = new RowProgram(kernels, rows, buffers, ops);
      return new OutputSlice(tokens.clone(), sizes.hidden(), arena, program, ops.size());
    } catch (RuntimeException failed) {
      arena.close();
      throw failed;
    }
  }

  /** The output matrix of a file, or the embedding where the model has none of its own. */
  static TensorInfo output(WeightFile file, Hyperparameters sizes) {
    String name = file.tensors().has("output.weight") ? "output.weight" : "token_embd.weight";
    return file.tensors().get(name, sizes.vocabulary(), sizes.hidden());
  }

  /** Refuses a slice without tokens, or with one that is not in the vocabulary. */
  static void check(int[] tokens, int vocabulary) {
    if (tokens.length == 0) throw new IllegalArgumentException("a slice needs at least one token");
    for (int token : tokens) {
      if (token < 0 || token >= vocabulary) {
        throw new IllegalArgumentException(
            "token %d is not in the vocabulary of %d".formatted(token, vocabulary));
      }
    }
  }

  /** Packs rows {@code tokens} of {@code output}, as stored or in another format that {@link Quantiser} knows. */
  static Matrix packRows(
      MatrixArena arena, TensorInfo output, QuantFormat format, int[] tokens) {
    long rowBytes = format.rowBytes(output.columns());
    try (Arena scratch = Arena.ofShared()) {
      MemorySegment rows = scratch.allocate(rowBytes * tokens.length, 64);
      float[] wide = new float[Math.toIntExact(output.columns())];
      for (int i = 0; i < tokens.length; i++) {
        if (format == output.format()) {
          MemorySegment.copy(output.data(), rowBytes * tokens[i], rows, rowBytes * i, rowBytes);
        } else {
          Dequantiser.row(output.format(), output.data(), tokens[i], output.columns(), wide);
          Quantiser.row(format, wide, rows, rowBytes * i);
        }
      }
      return arena.pack(format, tokens.length, output.columns(), rows);
    }
  }

  static float @org.jspecify.annotations.Nullable [] bias(
      WeightFile file, Hyperparameters sizes, int[] tokens) {
    if (!file.tensors().has("output.bias")) return null;
    TensorInfo all = file.tensors().get("output.bias", 1, sizes.vocabulary());
    float[] values = Dequantiser.matrix(all.format(), all.data(), 1, sizes.vocabulary());
    float[] chosen = new float[tokens.length];
    for (int i = 0; i < tokens.length; i++) chosen[i] = values[tokens[i]];
    return chosen;
  }

  /** The ids of the slice's columns. */
  public int[] tokens() {
    return tokens.clone();
  }

  /** Logits {@code [rows, tokens().length]} of residual rows before the final norm. */
  LogitRows run(MemorySegment gathered, int rows) {
    if (rows == 0) return logits.withRows(0);
    MemorySegment.copy(gathered, 0, program.buffer(0), 0, 4L * rows * hidden);
    program.run(NO_TOKENS, rows, 0, ops);
    return logits.withRows(rows);
  }

  @Override
  public void close() {
    program.close();
    arena.close();
  }
}
