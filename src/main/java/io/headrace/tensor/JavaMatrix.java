package io.headrace.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A matrix on the heap in tiles of output rows, so that loops run over outputs: neighbouring elements never meet in a sum, and the
 * JIT may use vectors without changing a bit.
 */
final class JavaMatrix implements Matrix {
  /** Outputs of a tile: enough for a vector loop to pay, few enough that codes of a tile stay in the first-level cache. */
  static final int TILE = 64;

  /**
   * {@code n} outputs by all inputs; element (output j, input k) is at {@code k * n + j}, that of block b at {@code b * n + j}. Float
   * formats have only {@code weights}, the others codes and scales.
   */
  record Tile(
      int n,
      float @Nullable [] weights,
      byte @Nullable [] codes,
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
    byte[] codes = new byte[Math.multiplyExact(n, columns)];
    float[] scales = new float[n * (columns / 32)];
    byte[] integers = JavaCodes.hasIntegerScale(format) ? new byte[n * (columns / 16)] : null;
    float[] minima = JavaCodes.hasMinimum(format) ? new float[n * (columns / 32)] : null;
    JavaCodes row = new JavaCodes(columns);
    for (int j = 0; j < n; j++) {
      row.read(format, source, (first + j) * format.rowBytes(columns));
      for (int k = 0; k < columns; k++) codes[k * n + j] = row.code[k];
      for (int b = 0; b < columns / 32; b++) {
        scales[b * n + j] = row.scale[b];
        if (minima != null) minima[b * n + j] = row.minimum[b];
        if (integers != null) {
          integers[2 * b * n + j] = row.integerScale[2 * b];
          integers[(2 * b + 1) * n + j] = row.integerScale[2 * b + 1];
        }
      }
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
    byte[] codes = java.util.Objects.requireNonNull(tile.codes());
    float[] scales = java.util.Objects.requireNonNull(tile.scales());
    byte[] integers = tile.integerScales();
    float[] minima = tile.minima();
    for (int k = 0; k < columns; k++) {
      float scale = scales[(k / 32) * n + j];
      if (integers != null) scale *= integers[(k / 16) * n + j];
      float value = scale * codes[k * n + j];
      out[at + k] = minima == null ? value : value + minima[(k / 32) * n + j];
    }
  }
}
