package io.headrace.weights;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The tensors of one model by name, in the order of the file. Immutable. */
public final class TensorDirectory {
  private final Path file;
  private final Map<String, TensorInfo> byName;

  TensorDirectory(Path file, Map<String, TensorInfo> byName) {
    this.file = file;
    this.byName = Collections.unmodifiableMap(new LinkedHashMap<>(byName));
  }

  /** Whether there is a tensor of this name. */
  public boolean has(String name) {
    return byName.containsKey(name);
  }

  /**
   * The tensor of this name, for those a model may or may not have (biases, a separate output
   * matrix).
   */
  public Optional<TensorInfo> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /**
   * The tensor of this name.
   *
   * @throws WeightFileException if there is none
   */
  public TensorInfo get(String name) {
    TensorInfo found = byName.get(name);
    if (found == null) throw new WeightFileException(file, "tensor %s is missing".formatted(name));
    return found;
  }

  /**
   * The tensor of this name, which must have this size; vectors have one row.
   *
   * @throws WeightFileException if there is none, or it has another size
   */
  public TensorInfo get(String name, long rows, long columns) {
    TensorInfo found = get(name);
    if (found.rows() != rows || found.columns() != columns) {
      throw new WeightFileException(
          file,
          "tensor %s has %d rows of %d, but the model's metadata ask for %d rows of %d"
              .formatted(name, found.rows(), found.columns(), rows, columns));
    }
    return found;
  }

  /** All tensors in the order of the file. */
  public Collection<TensorInfo> all() {
    return byName.values();
  }

  /** How many tensors there are. */
  public int size() {
    return byName.size();
  }
}
