package io.headrace.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A matrix on the heap in tiles of output rows.
 *
 * <p>Both layouts exist for the JIT. Sums of floats must keep their order, so float loops run over the outputs of a tile, whose sums
 * never meet. Sums of integers may take any order, so codes lie along the inputs, as shorts: products of pairs of shorts have a
 * vector instruction.
 */
final class JavaMatrix implements Matrix {
  /** Outputs of a tile: enough for a vector loop to pay, few enough that a tile stays in the second-level cache. */
  static final int TILE = 64;

  /**
   * {@code n} outputs by all inputs. Float formats have only {@code weights}, element (output j, input k) at {@code k * n + j}. The
   * others have codes at {@code j * columns + k}, and what belongs to groups of g inputs at {@code j * (columns / g) + k / g}.
   */
  record Tile(
      int n,
      float @Nullable [] weights,
      short @Nullable [] codes,
      float @Nullable [] scales,
      byte @Nullable [] integerScales,
      float @Nullable [] minima) {}

  private final QuantFormat format;
  private final int rows;
  private final int columns;
  private final Tile[] tiles;

  private JavaMatrix(QuantFormat format, int rows, int columns) {
    this.format = format;
    this.rows = rows;
    this.columns = columns;
    this.tiles = new Tile[(rows + TILE - 1) / TILE];
  }

  static JavaMatrix pack(
      JavaTeam team, QuantFormat format, long rows, long columns, MemorySegment source) {
    JavaMatrix matrix = new JavaMatrix(format, Math.toIntExact(rows), Math.toIntExact(columns));
    team.each(matrix.tiles.length, t -> matrix.tiles[t] = matrix.tile(t, source));
    return matrix;
  }

  private Tile tile(int index, MemorySegment source) {
    int first = index * TILE;
    int n = Math.min(TILE, rows - first);
    return format.quantisesActivations()
        ? quantisedTile(first, n, source)
        : new Tile(n, floats(first, n, source), null, null, null, null);
  }

  private float[] floats(int first, int n, MemorySegment source) {
    ValueLayout.OfShort shorts = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    ValueLayout.OfFloat floats = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    float[] weights = new float[Math.multiplyExact(n, columns)];
    for (int j = 0; j < n; j++) {
      long at = (first + j) * format.rowBytes(columns);
      for (int k = 0; k < columns; k++) {
        weights[k * n + j] =
            switch (format) {
              case F32 -> source.get(floats, at + 4L * k);
              case F16 -> Float.float16ToFloat(source.get(shorts, at + 2L * k));
              case BF16 -> Float.intBitsToFloat(source.get(shorts, at + 2L * k) << 16);
              default -> throw new KernelFault(format + " is no float format");
            };
      }
    }
    return weights;
  }

  private Tile quantisedTile(int first, int n, MemorySegment source) {
    int blocks = columns / 32;
    short[] codes = new short[Math.multiplyExact(n, columns)];
    float[] scales = new float[n * blocks];
    byte[] integers = JavaCodes.hasIntegerScale(format) ? new byte[n * 2 * blocks] : null;
    float[] minima = JavaCodes.hasMinimum(format) ? new float[n * blocks] : null;
    JavaCodes row = new JavaCodes(columns);
    for (int j = 0; j < n; j++) {
      row.read(format, source, (first + j) * format.rowBytes(columns));
      for (int k = 0; k < columns; k++) codes[j * columns + k] = row.code[k];
      System.arraycopy(row.scale, 0, scales, j * blocks, blocks);
      if (integers != null) System.arraycopy(row.integerScale, 0, integers, j * 2 * blocks, 2 * blocks);
      if (minima != null) System.arraycopy(row.minimum, 0, minima, j * blocks, blocks);
    }
    return new Tile(n, null, codes, scales, integers, minima);
  }

  @Override
  public QuantFormat format() {
    return format;
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public long columns() {
    return columns;
  }

  int tiles() {
    return tiles.length;
  }

  Tile tile(int index) {
    return tiles[index];
  }

  @Override
  public void copyRow(long row, float[] out) {
    if (row < 0 || row >= rows) throw new KernelFault("row %d of %d".formatted(row, rows));
    copyRow((int) row, out, 0);
  }

  /** Dequantises a row to {@code out[at ..]}. */
  void copyRow(int row, float[] out, int at) {
    Tile tile = tiles[row / TILE];
    int n = tile.n();
    int j = row % TILE;
    float[] weights = tile.weights();
    if (weights != null) {
      for (int k = 0; k < columns; k++) out[at + k] = weights[k * n + j];
      return;
    }
    short[] codes = Objects.requireNonNull(tile.codes());
    float[] scales = Objects.requireNonNull(tile.scales());
    byte[] integers = tile.integerScales();
    float[] minima = tile.minima();
    int block = j * (columns / 32);
    for (int k = 0; k < columns; k++) {
      float scale = scales[block + k / 32];
      if (integers != null) scale *= integers[2 * block + k / 16];
      float value = scale * codes[j * columns + k];
      out[at + k] = minima == null ? value : value + minima[block + k / 32];
    }
  }
}
