package io.headrace.model;

import io.headrace.tensor.RopeTables.Pairing;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A family of models: which tensors a layer has and in which order they are used. One file per family; everything a family does not
 * decide is in {@link ProgramAssembly}.
 */
sealed interface Architecture permits Llama, Qwen2, Qwen3 {
  /** Every family there is. */
  List<Architecture> ALL = List.of(new Llama(), new Qwen2(), new Qwen3());

  /** What model files of this family have in {@code general.architecture}; also the prefix of their metadata keys. */
  List<String> names();

  /** Which elements of a head rotate together in GGUF files of this family. */
  Pairing pairing();

  /** Adds the operations of one layer. */
  void layer(ProgramAssembly program);

  /**
   * The family that {@code name} belongs to.
   *
   * @throws UnsupportedModelException if there is none; the message lists those there are
   */
  static Architecture named(String name, Path file) {
    for (Architecture each : ALL) {
      if (each.names().contains(name)) return each;
    }
    String known =
        ALL.stream().flatMap(each -> each.names().stream()).collect(Collectors.joining(", "));
    throw new UnsupportedModelException(
        file, "architecture \"%s\" is not supported; supported are %s".formatted(name, known));
  }
}
