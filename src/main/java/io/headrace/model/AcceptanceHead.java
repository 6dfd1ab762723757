package io.headrace.model;

import io.headrace.tensor.BufferSpec;
import io.headrace.tensor.BufferSpec.Kind;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.Matrix;
import io.headrace.tensor.MatrixArena;
import io.headrace.tensor.Op;
import io.headrace.weights.Dequantiser;
import io.headrace.weights.TensorDirectory;
import io.headrace.weights.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Says how probably a guess of {@link GuessHeads} will be accepted, given that all before it were. From the state {@code u} that guessed
 * it, the vector {@code e} of the guessed token and a few features {@code f} of the guess:
 *
 * <pre>
 *   x = silu(W u + U e + F f + b);  x = x + silu(D_i x + d_i);  log-odds = w x + l f + c
 * </pre>
 *
 * <p>Tensors: {@code acceptance.state.weight} and {@code .token.weight [width, hidden]}, {@code .feature.weight [width, features]},
 * {@code .bias [width]}, {@code .blocks.I.weight [width, width]} and {@code .blocks.I.bias [width]} with I from 0, {@code .out.weight [1,
 * width]}, {@code .skip.weight [1, features]}, {@code .constant [1]}.
 *
 * <p>Thread: engine thread. Close it before its model.
 *
 * @see <a href="https://arxiv.org/abs/2405.19715">SpecDec++</a>
 */
public final class AcceptanceHead implements AutoCloseable {
  private static final int STATE = 0;
  private static final int TOKEN = 1;
  private static final int INNER = 2;
  private static final int CHANGE = 3;

  /** Operations before those of the first block, and of each. */
  private static final int FIRST_BLOCK = 4;

  private static final int OF_BLOCK = 2;

  private final MatrixArena arena;
  private final RowProgram program;
  private final int hidden;
  private final int blocks;
  private final float[] bias;
  private final float[] feature;
  private final float[] out;
  private final float[] skip;
  private final float constant;
  private final int[] token = new int[1];

  private AcceptanceHead(Kernels kernels, Matrix embedding, int hidden, TensorDirectory tensors, int features, MatrixArena arena, int blocks) {
    this.arena = arena;
    this.hidden = hidden;
    this.blocks = blocks;
    int width = width(tensors);
    bias = values(tensors, "acceptance.bias", 1, width);
    feature = values(tensors, "acceptance.feature.weight", width, features);
    out = values(tensors, "acceptance.out.weight", 1, width);
    skip = values(tensors, "acceptance.skip.weight", 1, features);
    constant = values(tensors, "acceptance.constant", 1, 1)[0];
    List<Op> ops = new ArrayList<>();
    ops.add(new Op.Embed(embedding, TOKEN));
    // The inner layer begins with what its bias and the features add.
    ops.add(new Op.Matmul(STATE, INNER, 0, packed(tensors, "acceptance.state.weight", width, hidden), null, true, false));
    ops.add(new Op.Matmul(TOKEN, INNER, 0, packed(tensors, "acceptance.token.weight", width, hidden), null, true, false));
    ops.add(new Op.Silu(INNER, INNER, false));
    for (int i = 0; i < blocks; i++) {
      float[] shift = values(tensors, "acceptance.blocks.%d.bias".formatted(i), 1, width);
      ops.add(new Op.Matmul(INNER, CHANGE, 0, packed(tensors, "acceptance.blocks.%d.weight".formatted(i), width, width), shift, false, false));
      ops.add(new Op.Silu(CHANGE, CHANGE, false));
    }
    List<BufferSpec> buffers =
        List.of(new BufferSpec(Kind.F32, 1, hidden), new BufferSpec(Kind.F32, 1, hidden), new BufferSpec(Kind.F32, 1, width), new BufferSpec(Kind.F32, 1, width));
    program = new RowProgram(kernels, 1, buffers, ops);
  }

  static AcceptanceHead of(Kernels kernels, Matrix embedding, int hidden, TensorDirectory tensors, int features) {
    int width = width(tensors);
    int blocks = 0;
    while (tensors.has("acceptance.blocks.%d.weight".formatted(blocks))) blocks++;
    TensorInfo state = tensors.get("acceptance.state.weight", width, hidden);
    TensorInfo token = tensors.get("acceptance.token.weight", width, hidden);
    long bytes = kernels.matrixBytes(state.format(), width, hidden) + kernels.matrixBytes(token.format(), width, hidden);
    for (int i = 0; i < blocks; i++) {
      bytes += kernels.matrixBytes(tensors.get("acceptance.blocks.%d.weight".formatted(i), width, width).format(), width, width);
    }
    MatrixArena arena = kernels.openMatricesAside(bytes);
    try {
      return new AcceptanceHead(kernels, embedding, hidden, tensors, features, arena, blocks);
    } catch (RuntimeException failed) {
      arena.close();
      throw failed;
    }
  }

  private static int width(TensorDirectory tensors) {
    if (!tensors.has("acceptance.state.weight")) throw new IllegalArgumentException("there is no tensor acceptance.state.weight");
    return (int) tensors.get("acceptance.state.weight").rows();
  }

  private static float[] values(TensorDirectory tensors, String name, int rows, int columns) {
    TensorInfo tensor = tensors.get(name, rows, columns);
    return Dequantiser.matrix(tensor.format(), tensor.data(), rows, columns);
  }

  private Matrix packed(TensorDirectory tensors, String name, int rows, int columns) {
    TensorInfo tensor = tensors.get(name, rows, columns);
    return arena.pack(tensor.format(), tensor.rows(), tensor.columns(), tensor.data());
  }

  /** Features that a guess must come with. */
  public int features() {
    return skip.length;
  }

  /**
   * Log-odds that a guess is accepted.
   *
   * @param heads that made it with their last {@link GuessHeads#guess}
   * @param row of that
   * @param guessed the token
   * @param features of the guess, {@link #features} of them, in the order they were trained in
   */
  public double logOdds(GuessHeads heads, int row, int guessed, float[] features) {
    MemorySegment.copy(heads.made(row), 0, program.buffer(STATE), 0, 4L * hidden);
    MemorySegment inner = program.buffer(INNER);
    int width = bias.length;
    for (int i = 0; i < width; i++) {
      float sum = bias[i];
      for (int f = 0; f < features.length; f++) sum += feature[i * features.length + f] * features[f];
      inner.setAtIndex(ValueLayout.JAVA_FLOAT, i, sum);
    }
    token[0] = guessed;
    MemorySegment change = program.buffer(CHANGE);
    program.run(token, 1, 0, blocks == 0 ? FIRST_BLOCK : FIRST_BLOCK + OF_BLOCK); // every call wakes the kernels' threads
    for (int block = 0; block < blocks; block++) {
      int first = FIRST_BLOCK + OF_BLOCK * block;
      if (block > 0) program.run(token, 1, first, first + OF_BLOCK);
      for (int i = 0; i < width; i++) {
        float sum = inner.getAtIndex(ValueLayout.JAVA_FLOAT, i) + change.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        inner.setAtIndex(ValueLayout.JAVA_FLOAT, i, sum);
      }
    }
    double odds = constant;
    for (int i = 0; i < width; i++) odds += out[i] * inner.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    for (int f = 0; f < features.length; f++) odds += skip[f] * features[f];
    return odds;
  }

  @Override
  public void close() {
    program.close();
    arena.close();
  }
}
