package io.headrace.model;

import io.headrace.tensor.BufferSpec;
import io.headrace.tensor.BufferSpec.Kind;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.Matrix;
import io.headrace.tensor.MatrixArena;
import io.headrace.tensor.Op;
import io.headrace.tensor.QuantFormat;
import io.headrace.tensor.Weigher;
import io.headrace.weights.Dequantiser;
import io.headrace.weights.TensorDirectory;
import io.headrace.weights.TensorInfo;
import io.headrace.weights.WeightFile;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Heads beside a model that guess tokens further on. Head {@code k} makes of a state {@code s} a state
 *
 * <pre>
 *   u = s + V_k silu(W_k s + U_k e + b_k)
 * </pre>
 *
 * <p>whose products with some rows of the model's output matrix are its logits. {@code e} is the embedding of a token, for heads that see
 * one. What {@code s} and {@code e} are is the caller's choice: the model's final-normed state and the certain token, or the state and
 * the guess of the head before.
 *
 * <p>Tensors: {@code heads.K.state.weight} and {@code heads.K.token.weight} {@code [inner, hidden]}, {@code heads.K.bias} {@code
 * [inner]}, {@code heads.K.out.weight} {@code [hidden, inner]}, K from 0. Without {@code token} a head sees no token; without {@code out}
 * it is the published block, whose inner layer is added as it is.
 *
 * <p>Thread: made on any, also while the model computes; then the engine thread. Close it before its model.
 *
 * @see <a href="https://arxiv.org/abs/2401.10774">Medusa</a>
 * @see <a href="https://arxiv.org/abs/2402.05109">Hydra: heads that see the guesses before theirs</a>
 */
public final class GuessHeads implements AutoCloseable {
  private static final int FROM = 0;
  private static final int STATE = 1;
  private static final int TOKEN = 2;
  private static final int ROUNDED = 3;
  private static final int LOGITS = 4;
  private static final int PEAKS = 5;
  private static final int FROM_ROUNDED = 6;
  private static final int TOKEN_ROUNDED = 7;
  private static final int FIRST_INNER = 8;

  /** Values of a block of rounded activations. */
  private static final int ROUNDED_TOGETHER = 32;

  private final int[] slice;
  private final int hidden;
  private final int rows;
  private final MatrixArena arena;
  private final RowProgram program;
  private final int[] starts;
  private final BufferRows logits;
  private final Weigher weigher;

  private GuessHeads(
      int[] slice, int hidden, int rows, MatrixArena arena, RowProgram program, int[] starts, Weigher weigher) {
    this.weigher = weigher;
    this.slice = slice;
    this.hidden = hidden;
    this.rows = rows;
    this.arena = arena;
    this.program = program;
    this.starts = starts;
    this.logits = new BufferRows(program.buffer(LOGITS), program.buffer(PEAKS), slice.length);
  }

  /** What heads are made of beside their own tensors. */
  record Base(
      WeightFile file, Kernels kernels, LoadOptions options, Hyperparameters sizes, Matrix embedding) {}

  static GuessHeads of(Base base, TensorDirectory tensors, int[] slice, int rows, DraftRounding rounding) {
    return new Assembly(base, tensors, slice.clone(), rows, rounding).open();
  }

  /** Refuses what {@link #of} would refuse; reads no weights. How many heads there are. */
  static int check(Base base, TensorDirectory tensors, int[] slice) {
    Assembly assembly = new Assembly(base, tensors, slice, 1, DraftRounding.NONE);
    assembly.bytes();
    return assembly.count();
  }

  /** Bytes of all matrices. */
  public long weightBytes() {
    return arena.usedBytes();
  }

  /** Different heads there are; where more guesses are wanted, the last one may go on from its own. */
  public int blocks() {
    return starts.length - 1;
  }

  /** Most rows of a {@link #guess}. */
  public int rows() {
    return rows;
  }

  /** The token of column {@code column} of the logits. */
  public int token(int column) {
    return slice[column];
  }

  /** Row {@code row} of the next guess starts from a state of the model after its final norm. */
  public void begin(int row, float[] state) {
    checkRow(row);
    MemorySegment.copy(MemorySegment.ofArray(state), 0, program.buffer(FROM), 4L * row * hidden, 4L * hidden);
  }

  /** Row {@code row} of the next guess starts from what row {@code before} of the last one made; {@code row} and {@code before} apart. */
  public void follow(int row, int before) {
    checkRow(row);
    checkRow(before);
    MemorySegment.copy(program.buffer(STATE), 4L * before * hidden, program.buffer(FROM), 4L * row * hidden, 4L * hidden);
  }

  /** What row {@code row} of the last guess made of its state, float32 {@code [hidden]}: to be read before the next. */
  MemorySegment made(int row) {
    checkRow(row);
    return program.buffer(STATE).asSlice(4L * row * hidden, 4L * hidden);
  }

  /**
   * Logits {@code [count, slice]} of head {@code head} for rows {@code [0, count)} as begun; valid until the next guess.
   *
   * @param tokens the token that each row sees
   */
  public LogitRows guess(int head, int[] tokens, int count) {
    Objects.checkIndex(head, blocks());
    if (count < 1 || count > rows) {
      throw new IllegalArgumentException("%d rows, of 1 to %d".formatted(count, rows));
    }
    program.run(tokens, count, starts[head], starts[head + 1]);
    return logits.withRows(count);
  }

  /** Finds the {@code most} likeliest columns of rows of these heads. */
  public LikelyColumns likely(int most) {
    return new LikelyColumns(slice.length, most, weigher);
  }

  private void checkRow(int row) {
    Objects.checkIndex(row, rows);
  }

  @Override
  public void close() {
    program.close();
    arena.close();
  }

  /** Writes the program: a range of operations per head over shared buffers. */
  private static final class Assembly {
    private final Base base;
    private final TensorDirectory tensors;
    private final int[] slice;
    private final int rows;
    private final int hidden;
    private final TensorInfo output;
    private final QuantFormat outputFormat;
    private final DraftRounding rounding;
    private final Kind rounded;
    private final List<BufferSpec> buffers = new ArrayList<>();
    private final List<Op> ops = new ArrayList<>();

    Assembly(Base base, TensorDirectory tensors, int[] slice, int rows, DraftRounding rounding) {
      this.base = base;
      this.tensors = tensors;
      this.slice = slice;
      this.rows = rows;
      hidden = base.sizes().hidden();
      output = OutputSlice.output(base.file(), base.sizes());
      OutputSlice.check(slice, base.sizes().vocabulary());
      boolean wide = base.options().dequantise();
      this.rounding = wide ? DraftRounding.NONE : rounding;
      outputFormat = wide && output.format().quantisesActivations() ? QuantFormat.F32 : this.rounding.ofScores(output);
      rounded = base.options().activations().kind();
    }

    private int count() {
      int heads = 0;
      while (tensors.has("heads.%d.state.weight".formatted(heads))) heads++;
      if (heads == 0) throw new IllegalArgumentException("there is no tensor heads.0.state.weight");
      return heads;
    }

    private @Nullable TensorInfo part(int head, String part, long rows, long columns) {
      String name = "heads.%d.%s.weight".formatted(head, part);
      return tensors.has(name) ? tensors.get(name, rows, columns) : null;
    }

    private long inner(int head) {
      return tensors.get("heads.%d.state.weight".formatted(head)).rows();
    }

    /** Memory for the matrices, all of which are there and fit. */
    long bytes() {
      int heads = count();
      long bytes = base.kernels().matrixBytes(outputFormat, slice.length, hidden);
      for (int k = 0; k < heads; k++) bytes += bytesOf(k);
      return bytes;
    }

    GuessHeads open() {
      int heads = count();
      long bytes = bytes();
      MatrixArena arena = base.kernels().openMatricesAside(bytes);
      try {
        Kind input = outputFormat.quantisesActivations() ? rounded : Kind.F32;
        buffers.add(new BufferSpec(Kind.F32, rows, hidden));
        buffers.add(new BufferSpec(Kind.F32, rows, hidden));
        buffers.add(new BufferSpec(Kind.F32, rows, hidden));
        buffers.add(new BufferSpec(input, rows, hidden));
        buffers.add(new BufferSpec(Kind.F32, rows, slice.length));
        buffers.add(new BufferSpec(Kind.F32, rows, BufferRows.spans(slice.length)));
        Kind spare = hidden % ROUNDED_TOGETHER == 0 ? rounded : Kind.F32;
        buffers.add(new BufferSpec(spare, rows, hidden));
        buffers.add(new BufferSpec(spare, rows, hidden));
        int[] starts = new int[heads + 1];
        List<List<Op>> blocks = new ArrayList<>();
        for (int k = 0; k < heads; k++) blocks.add(block(k, arena));
        Matrix scores = OutputSlice.packRows(arena, output, outputFormat, slice);
        float[] bias = OutputSlice.bias(base.file(), base.sizes(), slice);
        for (int k = 0; k < heads; k++) {
          ops.addAll(blocks.get(k));
          ops.add(new Op.Convert(STATE, ROUNDED, false));
          ops.add(new Op.Matmul(ROUNDED, LOGITS, 0, scores, bias, false, false));
          ops.add(new Op.Peaks(LOGITS, PEAKS, false));
          starts[k + 1] = ops.size();
        }
        RowProgram program = new RowProgram(base.kernels(), rows, buffers, ops);
        return new GuessHeads(slice, hidden, rows, arena, program, starts, base.kernels());
      } catch (RuntimeException failed) {
        arena.close();
        throw failed;
      }
    }

    private long bytesOf(int head) {
      Kernels kernels = base.kernels();
      long inner = inner(head);
      TensorInfo state = tensors.get("heads.%d.state.weight".formatted(head), inner, hidden);
      TensorInfo token = part(head, "token", inner, hidden);
      TensorInfo out = part(head, "out", hidden, inner);
      tensors.get("heads.%d.bias".formatted(head), 1, inner);
      if (out == null) needSquare(inner);
      long bytes = kernels.matrixBytes(rounding.ofBlock(state), inner, hidden);
      if (token != null) bytes += kernels.matrixBytes(rounding.ofBlock(token), inner, hidden);
      return bytes + kernels.matrixBytes(out == null ? QuantFormat.F32 : rounding.ofBlock(out), hidden, inner);
    }

    private List<Op> block(int head, MatrixArena arena) {
      long inner = inner(head);
      int target = FIRST_INNER + 2 * head;
      buffers.add(new BufferSpec(Kind.F32, rows, inner));
      buffers.add(new BufferSpec(inner % ROUNDED_TOGETHER == 0 ? rounded : Kind.F32, rows, inner));
      TensorInfo bias = tensors.get("heads.%d.bias".formatted(head), 1, inner);
      float[] added = Dequantiser.matrix(bias.format(), bias.data(), 1, inner);
      TensorInfo state = tensors.get("heads.%d.state.weight".formatted(head), inner, hidden);
      TensorInfo token = part(head, "token", inner, hidden);
      TensorInfo out = part(head, "out", hidden, inner);
      List<Op> block = new ArrayList<>();
      if (token != null) block.add(new Op.Embed(base.embedding(), TOKEN));
      block.add(new Op.Copy(FROM, STATE));
      Matrix first = packed(arena, state);
      block.add(new Op.Matmul(input(block, first, FROM, FROM_ROUNDED), target, 0, first, added, false, false));
      if (token != null) {
        Matrix second = packed(arena, token);
        block.add(new Op.Matmul(input(block, second, TOKEN, TOKEN_ROUNDED), target, 0, second, null, true, false));
      }
      Matrix last = out == null ? identity(arena) : packed(arena, out);
      int active = last.format().quantisesActivations() ? target + 1 : target;
      block.add(new Op.Silu(target, active, false));
      block.add(new Op.Matmul(active, STATE, 0, last, null, true, false));
      return block;
    }

    private void needSquare(long inner) {
      if (inner != hidden) {
        throw new IllegalArgumentException(
            "a head without an out matrix needs an inner layer of %d, not %d".formatted(hidden, inner));
      }
    }

    /** The buffer that {@code matrix} is multiplied with: {@code source}, or {@code spare} with it rounded. */
    private static int input(List<Op> block, Matrix matrix, int source, int spare) {
      if (!matrix.format().quantisesActivations()) return source;
      block.add(new Op.Convert(source, spare, false));
      return spare;
    }

    private Matrix packed(MatrixArena arena, TensorInfo tensor) {
      QuantFormat format = rounding.ofBlock(tensor);
      if (format == tensor.format()) return arena.pack(format, tensor.rows(), tensor.columns(), tensor.data());
      return OutputSlice.packRows(arena, tensor, format, IntStream.range(0, Math.toIntExact(tensor.rows())).toArray());
    }

    /** Adds the inner layer as it is: a product with it is exact, and the published block is no one's fast path. */
    private Matrix identity(MatrixArena arena) {
      try (java.lang.foreign.Arena scratch = java.lang.foreign.Arena.ofShared()) {
        MemorySegment ones = scratch.allocate(4L * hidden * hidden, 64);
        for (int i = 0; i < hidden; i++) {
          ones.setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, (long) i * hidden + i, 1f);
        }
        return arena.pack(QuantFormat.F32, hidden, hidden, ones);
      }
    }
  }
}
