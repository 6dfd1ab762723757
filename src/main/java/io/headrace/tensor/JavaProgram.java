package io.headrace.tensor;

import io.headrace.tensor.JavaMatrix.Tile;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** A program over heap arrays: one loop over the operations, each spread over the team. */
final class JavaProgram implements Program {
  /** Rows that one unit of a product takes: a tile stays in the cache for so many. A guess; nothing measured yet. */
  private static final int MATMUL_ROWS = 32;

  /** Rows that one unit of an attention takes; they share the widening of keys and values. A guess; nothing measured yet. */
  private static final int ATTEND_ROWS = 32;

  private final ProgramSpec spec;
  private final JavaTeam team;
  private final JavaPages pages;
  private final JavaRope rope;
  private final float @Nullable [][] floats;
  private final @Nullable QuantisedRows[] quantised;
  private final long vocabulary;

  JavaProgram(ProgramSpec spec, JavaTeam team) {
    this.spec = spec;
    this.team = team;
    this.pages = (JavaPages) spec.pages();
    this.rope = new JavaRope(spec, pages);
    int count = spec.buffers().size();
    floats = new float[count][];
    quantised = new QuantisedRows[count];
    for (int i = 0; i < count; i++) {
      BufferSpec buffer = spec.buffers().get(i);
      int width = Math.toIntExact(buffer.width());
      if (buffer.kind().quantised()) quantised[i] = new QuantisedRows(buffer.rows(), width, buffer.kind().levels());
      else floats[i] = new float[Math.multiplyExact(buffer.rows(), width)];
    }
    vocabulary =
        spec.ops().stream()
            .mapToLong(op -> op instanceof Op.Embed embed ? embed.matrix().rows() : Long.MAX_VALUE)
            .min()
            .orElse(Long.MAX_VALUE);
  }

  @Override
  public ProgramSpec spec() {
    return spec;
  }

  @Override
  public MemorySegment buffer(int index) {
    return MemorySegment.ofArray(floats(index));
  }

  @Override
  public void run(PassBatch batch, int firstOp, int endOp) {
    run(batch, firstOp, endOp, () -> {});
  }

  @Override
  public void run(PassBatch batch, int firstOp, int endOp, Runnable meanwhile) {
    Objects.checkFromToIndex(firstOp, endOp, spec.ops().size());
    BatchCheck.check(batch, spec, vocabulary);
    meanwhile.run();
    for (Op op : spec.ops().subList(firstOp, endOp)) {
      switch (op) {
        case Op.Embed embed -> embed(embed, batch);
        case Op.Norm norm -> norm(norm, rows(batch, norm.wanted()));
        case Op.Convert convert -> convert(convert, rows(batch, convert.wanted()));
        case Op.Matmul matmul -> matmul(matmul, rows(batch, matmul.wanted()));
        case Op.Gated gated -> gated(gated, batch.rows());
        case Op.Silu silu -> silu(silu, rows(batch, silu.wanted()));
        case Op.Rope turn -> rope(turn, batch);
        case Op.Attend attend -> attend(attend, batch);
        case Op.Copy copy -> {
          int width = width(copy.source());
          System.arraycopy(floats(copy.source()), 0, floats(copy.target()), 0, batch.rows() * width);
        }
        case Op.Gather gather -> gather(gather, batch);
        case Op.Peaks peaks -> peaks(peaks, rows(batch, peaks.wanted()));
        case Op.Argmax argmax -> argmax(argmax, rows(batch, argmax.wanted()));
      }
    }
  }

  private static int rows(PassBatch batch, boolean wanted) {
    return wanted ? batch.wanted() : batch.rows();
  }

  private float[] floats(int index) {
    return Objects.requireNonNull(floats[index], "the buffer holds no floats");
  }

  private int width(int index) {
    return (int) spec.buffers().get(index).width();
  }

  private void embed(Op.Embed op, PassBatch batch) {
    float[] target = floats(op.target());
    JavaMatrix matrix = (JavaMatrix) op.matrix();
    int width = width(op.target());
    team.each(batch.rows(), r -> matrix.copyRow(batch.token(r), target, r * width));
  }

  private void norm(Op.Norm op, int rows) {
    float[] source = floats(op.source());
    float[] target = floats[op.target()];
    QuantisedRows rounded = quantised[op.target()];
    int n = op.weight().length;
    IntConsumer row =
        r -> {
          float inverse = JavaMath.inverseRms(source, r * n, n, op.epsilon());
          float[] out = target == null ? new float[n] : target;
          int at = target == null ? 0 : r * n;
          for (int i = 0; i < n; i++) out[at + i] = (source[r * n + i] * inverse) * op.weight()[i];
          if (rounded != null) rounded.round(r, out, 0);
        };
    small(rows, row);
  }

  private void convert(Op.Convert op, int rows) {
    float[] source = floats(op.source());
    int width = width(op.source());
    QuantisedRows rounded = quantised[op.target()];
    if (rounded == null) System.arraycopy(source, 0, floats(op.target()), 0, rows * width);
    else small(rows, r -> rounded.round(r, source, r * width));
  }

  private void silu(Op.Silu op, int rows) {
    float[] source = floats(op.source());
    float[] target = floats[op.target()];
    QuantisedRows rounded = quantised[op.target()];
    int n = width(op.source());
    small(
        rows,
        r -> {
          float[] out = target == null ? new float[n] : target;
          int at = target == null ? 0 : r * n;
          for (int i = 0; i < n; i++) out[at + i] = JavaMath.silu(source[r * n + i]);
          if (rounded != null) rounded.round(r, out, 0);
        });
  }

  private void matmul(Op.Matmul op, int rows) {
    JavaMatrix matrix = (JavaMatrix) op.matrix();
    float[] target = floats(op.target());
    int width = width(op.target());
    float[] bias = op.bias();
    tiles(
        matrix,
        rows,
        (product, t, first, end) -> {
          Tile tile = matrix.tile(t);
          for (int r = first; r < end; r++) {
            product(product, op.source(), matrix, tile, r);
            float[] out = product.out();
            int column = t * JavaMatrix.TILE;
            int at = r * width + op.offset() + column;
            for (int j = 0; j < tile.n(); j++) {
              float value = bias == null ? out[j] : out[j] + bias[column + j];
              target[at + j] = op.accumulate() ? target[at + j] + value : value;
            }
          }
        });
  }

  private void gated(Op.Gated op, int rows) {
    JavaMatrix gate = (JavaMatrix) op.gate();
    JavaMatrix up = (JavaMatrix) op.up();
    int width = width(op.target());
    float[] target = floats[op.target()];
    QuantisedRows rounded = quantised[op.target()];
    float[] values = target == null ? new float[Math.multiplyExact(rows, width)] : target;
    tiles(
        gate,
        rows,
        (product, t, first, end) -> {
          int n = gate.tile(t).n();
          for (int r = first; r < end; r++) {
            int at = r * width + t * JavaMatrix.TILE;
            product(product, op.source(), gate, gate.tile(t), r);
            for (int j = 0; j < n; j++) values[at + j] = JavaMath.silu(product.out()[j]);
            product(product, op.source(), up, up.tile(t), r);
            for (int j = 0; j < n; j++) values[at + j] *= product.out()[j];
          }
        });
    if (rounded != null) small(rows, r -> rounded.round(r, values, r * width));
  }

  /** One tile of a product and rows {@code [first, end)}. */
  private interface TileWork {
    void run(JavaMatmul product, int tile, int first, int end);
  }

  private void tiles(JavaMatrix matrix, int rows, TileWork work) {
    int groups = (rows + MATMUL_ROWS - 1) / MATMUL_ROWS;
    team.each(
        matrix.tiles() * groups,
        unit -> {
          int first = unit % groups * MATMUL_ROWS;
          work.run(new JavaMatmul(), unit / groups, first, Math.min(rows, first + MATMUL_ROWS));
        });
  }

  private void product(JavaMatmul product, int source, JavaMatrix matrix, Tile tile, int row) {
    QuantisedRows rounded = quantised[source];
    int columns = (int) matrix.columns();
    if (rounded != null) product.product(tile, rounded, row);
    else product.product(tile, floats(source), row * columns, columns);
  }

  private void rope(Op.Rope op, PassBatch batch) {
    float[] qkv = floats(op.source());
    int width = width(op.source());
    for (int s = 0; s < batch.sequences(); s++) {
      int sequence = s;
      int first = batch.firstRow(s);
      small(
          batch.firstRow(s + 1) - first,
          i -> rope.row(op, batch, sequence, first + i, qkv, (first + i) * width));
    }
  }

  private void attend(Op.Attend op, PassBatch batch) {
    float[] qkv = floats(op.source());
    float[] out = floats(op.target());
    int kvHeads = pages.shape().kvHeads();
    int[] firstUnit = new int[batch.sequences() + 1];
    for (int s = 0; s < batch.sequences(); s++) {
      int rows = batch.firstRow(s + 1) - batch.firstRow(s);
      firstUnit[s + 1] = firstUnit[s] + (rows + ATTEND_ROWS - 1) / ATTEND_ROWS * kvHeads;
    }
    team.each(
        firstUnit[batch.sequences()],
        unit -> {
          int found = Arrays.binarySearch(firstUnit, unit);
          int sequence = found >= 0 ? found : -found - 2;
          int local = unit - firstUnit[sequence];
          int first = batch.firstRow(sequence) + local / kvHeads * ATTEND_ROWS;
          int end = Math.min(batch.firstRow(sequence + 1), first + ATTEND_ROWS);
          new JavaAttention(spec, pages, batch)
              .rows(op.layer(), sequence, local % kvHeads, first, end, qkv, out);
        });
  }

  private void gather(Op.Gather op, PassBatch batch) {
    float[] source = floats(op.source());
    float[] target = floats(op.target());
    int width = width(op.source());
    for (int i = 0; i < batch.wanted(); i++) {
      System.arraycopy(source, batch.wantedRow(i) * width, target, i * width, width);
    }
  }

  private void peaks(Op.Peaks op, int rows) {
    float[] source = floats(op.source());
    float[] target = floats(op.target());
    int width = width(op.source());
    int spans = width(op.target());
    team.each(
        rows,
        r -> {
          for (int s = 0; s < spans; s++) {
            int first = s * Kernels.PEAK_SPAN;
            int count = Math.min(Kernels.PEAK_SPAN, width - first);
            target[r * spans + s] = JavaMath.peak(source, r * width + first, count);
          }
        });
  }

  private void argmax(Op.Argmax op, int rows) {
    float[] source = floats(op.source());
    float[] target = floats(op.target());
    int width = width(op.source());
    small(rows, r -> target[r] = JavaMath.argmax(source, r * width, width));
  }

  /** Cheap work per row: not worth waking others for a few rows. */
  private void small(int rows, IntConsumer row) {
    if (rows < 8) for (int r = 0; r < rows; r++) row.accept(r);
    else team.each(rows, row);
  }

  @Override
  public void close() {}
}
