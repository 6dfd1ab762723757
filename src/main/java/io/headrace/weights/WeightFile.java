package io.headrace.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * An open model: what it says about itself, and its weights, mapped into memory. Whatever the file
 * kind, metadata keys and tensor names are those of GGUF.
 *
 * <p><b>Trust.</b> Everything was checked against the real sizes when the file was opened; but it
 * is mapped, not copied, so a file that another process cuts short while it is open makes reads of
 * the lost part fail with {@link InternalError}.
 *
 * <p><b>Thread.</b> Open and close on one thread; read on any. After {@link #close()} all tensor
 * memory is invalid and throws {@link IllegalStateException} when touched.
 */
public sealed interface WeightFile extends AutoCloseable permits GgufFile, SafetensorsFile {

  /**
   * Opens a model by what is found at {@code path}: a GGUF file (known by its first four bytes), a
   * folder with {@code config.json} and {@code *.safetensors}, or one {@code .safetensors} file
   * beside its {@code config.json}.
   *
   * @throws WeightFileException if there is no such model, or it is malformed, or this server
   *     cannot serve its kind
   */
  static WeightFile open(Path path) {
    try {
      if (Files.isDirectory(path)) return SafetensorsFile.open(path);
      if (!Files.exists(path)) throw new WeightFileException(path, "no such file or folder");
      if (!Files.isRegularFile(path))
        throw new WeightFileException(path, "neither a file nor a folder");
      if (GgufFile.hasMagic(path)) return GgufFile.open(path);
      String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
      if (name.endsWith(".safetensors") || name.endsWith(".safetensors.index.json"))
        return SafetensorsFile.open(path);
      throw new WeightFileException(
          path,
          0,
          "neither a GGUF file (it does not start with the bytes GGUF) nor a .safetensors file;"
              + " give one of these, or a folder with config.json and *.safetensors");
    } catch (IOException e) {
      throw new WeightFileException(path, "cannot be read: " + e, e);
    }
  }

  /** The path that was opened. */
  Path path();

  /** What the file says about model and tokenizer, under GGUF's keys. */
  Metadata metadata();

  /** The weights, under GGUF's names. */
  TensorDirectory tensors();

  /**
   * The {@code tokenizer.json} that belongs to the model; empty where the vocabulary is in the
   * metadata (GGUF).
   */
  Optional<Path> tokenizerJson();

  /** Bytes of all tensors as stored. */
  default long weightBytes() {
    return tensors().all().stream().mapToLong(t -> t.data().byteSize()).sum();
  }

  /** Unmaps the file; a second call does nothing. */
  @Override
  void close();
}
