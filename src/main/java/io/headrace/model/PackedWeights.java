package io.headrace.model;

import io.headrace.tensor.Kernels;
import io.headrace.tensor.Matrix;
import io.headrace.tensor.MatrixArena;
import io.headrace.tensor.QuantFormat;
import io.headrace.weights.Dequantiser;
import io.headrace.weights.TensorInfo;
import io.headrace.weights.WeightFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * Takes tensors out of a file into the kernels' layout, straight from the mapped bytes, and keeps account: what was used, how far
 * loading is, and what identifies the weights.
 */
final class PackedWeights {
  /** Largest piece checksummed at once; a byte buffer spans less than 2 GiB. */
  private static final long PIECE = 1L << 28;

  private final WeightFile file;
  private final MatrixArena arena;
  private final boolean dequantise;
  private final LoadProgress progress;
  private final Map<String, Matrix> matrices = new HashMap<>();
  private final Map<String, Long> checksumOf = new HashMap<>();
  private final StringBuilder checksums = new StringBuilder();
  private final long total;
  private long done;
  private boolean quantised;

  PackedWeights(
      WeightFile file, MatrixArena arena, boolean dequantise, LoadProgress progress) {
    this.file = file;
    this.arena = arena;
    this.dequantise = dequantise;
    this.progress = progress;
    this.total = file.weightBytes();
  }

  /** Memory that the matrices of {@code file} may take when packed. */
  static long arenaBytes(WeightFile file, Kernels kernels, boolean dequantise) {
    long bytes = 0;
    for (TensorInfo tensor : file.tensors().all()) {
      if (tensor.rows() < 2) continue;
      // A pair of which only one is quantised may be widened, so the larger of both counts.
      long stored = kernels.matrixBytes(tensor.format(), tensor.rows(), tensor.columns());
      boolean mayWiden = dequantise || mixed(file, tensor);
      long wide = mayWiden ? kernels.matrixBytes(QuantFormat.F32, tensor.rows(), tensor.columns()) : 0;
      bytes += Math.max(stored, wide);
    }
    return bytes;
  }

  private static boolean mixed(WeightFile file, TensorInfo tensor) {
    String name = tensor.name();
    String other =
        name.contains("ffn_gate") ? name.replace("ffn_gate", "ffn_up") : name.replace("ffn_up", "ffn_gate");
    return !other.equals(name)
        && file.tensors()
            .find(other)
            .filter(o -> o.format().quantisesActivations() != tensor.format().quantisesActivations())
            .isPresent();
  }

  WeightFile file() {
    return file;
  }

  /** The matrix {@code name}, which must have this size; packed once. */
  Matrix matrix(String name, long rows, long columns) {
    return matrix(name, rows, columns, dequantise);
  }

  private Matrix matrix(String name, long rows, long columns, boolean widen) {
    Matrix known = matrices.get(name);
    if (known != null) return known;
    TensorInfo tensor = take(name, rows, columns);
    boolean wide = widen && tensor.format().quantisesActivations();
    Matrix matrix = wide ? packWide(tensor) : packAsStored(tensor);
    quantised |= matrix.format().quantisesActivations();
    matrices.put(name, matrix);
    return matrix;
  }

  /** Two matrices that share an input: both quantised or both not, for which a quantised one may be widened. */
  List<Matrix> pair(String first, String second, long rows, long columns) {
    boolean mixed =
        file.tensors().get(first).format().quantisesActivations()
            != file.tensors().get(second).format().quantisesActivations();
    return List.of(
        matrix(first, rows, columns, dequantise || mixed),
        matrix(second, rows, columns, dequantise || mixed));
  }

  private TensorInfo take(String name, long rows, long columns) {
    TensorInfo tensor = file.tensors().get(name, rows, columns);
    if (!checksumOf.containsKey(name)) {
      long checksum = checksum(tensor);
      checksumOf.put(name, checksum);
      checksums.append(name).append(' ').append(tensor.format()).append(' ').append(checksum).append('\n');
      done += tensor.data().byteSize();
      progress.loaded(done, total);
    }
    return tensor;
  }

  /** CRC-32C of a tensor as stored. */
  static long checksum(TensorInfo tensor) {
    CRC32C crc = new CRC32C();
    MemorySegment data = tensor.data();
    for (long at = 0; at < data.byteSize(); at += PIECE) {
      ByteBuffer piece = data.asSlice(at, Math.min(PIECE, data.byteSize() - at)).asByteBuffer();
      crc.update(piece);
    }
    return crc.getValue();
  }

  private Matrix packAsStored(TensorInfo tensor) {
    return arena.pack(tensor.format(), tensor.rows(), tensor.columns(), tensor.data());
  }

  private Matrix packWide(TensorInfo tensor) {
    try (Arena scratch = Arena.ofShared()) {
      int columns = Math.toIntExact(tensor.columns());
      MemorySegment wide = scratch.allocate(4L * tensor.rows() * columns, 64);
      float[] row = new float[columns];
      for (long r = 0; r < tensor.rows(); r++) {
        Dequantiser.row(tensor.format(), tensor.data(), r, columns, row);
        MemorySegment.copy(row, 0, wide, ValueLayout.JAVA_FLOAT, 4L * r * columns, columns);
      }
      return arena.pack(QuantFormat.F32, tensor.rows(), tensor.columns(), wide);
    }
  }

  boolean has(String name) {
    return file.tensors().has(name);
  }

  /** The vector {@code name}, which must have this length. */
  float[] vector(String name, long length) {
    TensorInfo tensor = take(name, 1, length);
    return Dequantiser.matrix(tensor.format(), tensor.data(), 1, length);
  }

  /** Notes that something else has read tensor {@code name}. */
  void noteUsed(String name) {
    file.tensors().find(name).ifPresent(tensor -> take(name, tensor.rows(), tensor.columns()));
  }

  /**
   * Refuses a file with tensors nobody asked for: a model with more parts than we compute would give wrong answers.
   *
   * @throws UnsupportedModelException that names the first of them
   */
  void refuseLeftovers(String architecture) {
    for (TensorInfo tensor : file.tensors().all()) {
      if (!checksumOf.containsKey(tensor.name())) {
        throw new UnsupportedModelException(
            file.path(),
            "tensor %s is not part of a %s model as this server knows it"
                .formatted(tensor.name(), architecture));
      }
    }
  }

  /** Whether any matrix rounds its activations. */
  boolean quantised() {
    return quantised;
  }

  /** CRC-32C of a tensor that was taken. */
  long checksumOf(String name) {
    return Objects.requireNonNull(checksumOf.get(name));
  }

  /** One line per tensor: name, format, CRC-32C. */
  String checksums() {
    return checksums.toString();
  }
}
