package io.headrace.model;

import io.headrace.tensor.BufferSpec;
import io.headrace.tensor.BufferSpec.Kind;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KvFormat;
import io.headrace.tensor.KvPages;
import io.headrace.tensor.KvShape;
import io.headrace.tensor.Matrix;
import io.headrace.tensor.MatrixArena;
import io.headrace.tensor.Op;
import io.headrace.tensor.PassBatch;
import io.headrace.tensor.Program;
import io.headrace.tensor.ProgramSpec;
import io.headrace.tensor.QuantFormat;
import io.headrace.tensor.RopeTables;
import io.headrace.weights.Dequantiser;
import io.headrace.weights.TensorInfo;
import io.headrace.weights.WeightFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * An output head with some rows of the output matrix: a draft model's reduced vocabulary, or the few tokens a judge may answer with.
 * Rows keep their format, and an output element does not depend on its neighbours, so logits equal those of the whole head bit for
 * bit.
 *
 * <p>Thread: engine thread. Close it before its model.
 */
public final class OutputSlice implements AutoCloseable {
  private final int[] tokens;
  private final MatrixArena arena;
  private final KvPages pages;
  private final Program program;
  private final PassBatch batch;
  private final BufferRows logits;

  private OutputSlice(int[] tokens, MatrixArena arena, KvPages pages, Program program) {
    this.tokens = tokens;
    this.arena = arena;
    this.pages = pages;
    this.program = program;
    ProgramSpec spec = program.spec();
    this.batch = new PassBatch(spec.maxRows(), 1, 1, pages.shape().blocks());
    this.logits = new BufferRows(program.buffer(2), program.buffer(3), tokens.length);
  }

  static OutputSlice of(
      WeightFile file,
      Kernels kernels,
      LoadOptions options,
      Hyperparameters sizes,
      float[] outputNorm,
      int[] tokens) {
    String name = file.tensors().has("output.weight") ? "output.weight" : "token_embd.weight";
    TensorInfo output = file.tensors().get(name, sizes.vocabulary(), sizes.hidden());
    if (tokens.length == 0) throw new IllegalArgumentException("a slice needs at least one token");
    for (int token : tokens) {
      if (token < 0 || token >= sizes.vocabulary()) {
        throw new IllegalArgumentException(
            "token %d is not in the vocabulary of %d".formatted(token, sizes.vocabulary()));
      }
    }
    boolean wide = options.dequantise() && output.format().quantisesActivations();
    QuantFormat format = wide ? QuantFormat.F32 : output.format();
    MatrixArena arena =
        kernels.openMatrices(kernels.matrixBytes(format, tokens.length, sizes.hidden()));
    KvPages pages = null;
    try {
      Matrix matrix = packRows(arena, output, format, tokens);
      int rows = options.maxWanted();
      List<BufferSpec> buffers =
          List.of(
              new BufferSpec(Kind.F32, rows, sizes.hidden()),
              new BufferSpec(format.quantisesActivations() ? options.activations().kind() : Kind.F32, rows, sizes.hidden()),
              new BufferSpec(Kind.F32, rows, tokens.length),
              new BufferSpec(Kind.F32, rows, BufferRows.spans(tokens.length)));
      float[] bias = bias(file, sizes, tokens);
      List<Op> ops =
          List.of(
              new Op.Norm(0, 1, outputNorm, sizes.epsilon(), false),
              new Op.Matmul(1, 2, 0, matrix, bias, false, false),
              new Op.Peaks(2, 3, false));
      // A program cannot be without pages and rotations; nothing in this one reads them, so they are the smallest there are.
      int blocks = (rows + Kernels.PAGE_TOKENS - 1) / Kernels.PAGE_TOKENS;
      pages = kernels.openPages(new KvShape(1, blocks, 1, 16, KvFormat.F16));
      RopeTables rope =
          new RopeTables(RopeTables.Pairing.HALVES, rows, new float[8 * rows], new float[8 * rows]);
      ProgramSpec spec = new ProgramSpec(rows, 1, 1, 1, rope, 1f, pages, buffers, ops);
      return new OutputSlice(tokens.clone(), arena, pages, kernels.open(spec));
    } catch (RuntimeException failed) {
      if (pages != null) pages.close();
      arena.close();
      throw failed;
    }
  }

  private static Matrix packRows(
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
          MemorySegment.copy(wide, 0, rows, ValueLayout.JAVA_FLOAT, rowBytes * i, wide.length);
        }
      }
      return arena.pack(format, tokens.length, output.columns(), rows);
    }
  }

  private static float @org.jspecify.annotations.Nullable [] bias(
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
    MemorySegment input = program.buffer(0);
    long width = program.spec().buffers().getFirst().width();
    MemorySegment.copy(gathered, 0, input, 0, 4L * rows * width);
    // The kernels want a batch that could exist; nothing in this program reads it but for the number of rows.
    int blocks = (rows + Kernels.PAGE_TOKENS - 1) / Kernels.PAGE_TOKENS;
    batch.clear();
    int[] table = new int[blocks];
    for (int i = 0; i < blocks; i++) table[i] = i;
    batch.beginSequence(0, table, blocks);
    for (int r = 0; r < rows; r++) batch.addRow(0, r, r, r - 1, false);
    program.run(batch, 0, program.spec().ops().size());
    return logits.withRows(rows);
  }

  @Override
  public void close() {
    program.close();
    pages.close();
    arena.close();
  }
}
