package io.headrace.model;

import io.headrace.tensor.BufferSpec.Kind;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * How finely activations are rounded, per 32 values, before they meet quantised weights. One for a whole model, prefill and decoding
 * alike: that is what keeps a token's bits independent of who computed it when.
 */
public enum Activations {
  /** To 127 levels of either sign, as CPU engines usually do: mean KL from float32 about 3e-3 on the default model. */
  INT8("int8", "int8 per 32", Kind.Q8),
  /** To 16256 levels, as two planes of int8: mean KL from float32 below 1e-5, twice the multiplications. */
  INT16("int16", "int16 per 32", Kind.Q16);

  private final String label;
  private final String description;
  private final Kind kind;

  Activations(String label, String description, Kind kind) {
    this.label = label;
    this.description = description;
    this.kind = kind;
  }

  /** As people write it. */
  public String label() {
    return label;
  }

  /** As {@link ModelCard#activations} names it. */
  String description() {
    return description;
  }

  /** What inputs of quantised matrices are held as. */
  Kind kind() {
    return kind;
  }

  /**
   * The one with that label.
   *
   * @throws IllegalArgumentException naming the labels there are
   */
  public static Activations named(String label) {
    for (Activations activations : values()) {
      if (activations.label.equals(label)) return activations;
    }
    String known = Arrays.stream(values()).map(Activations::label).collect(Collectors.joining(", "));
    throw new IllegalArgumentException("there are no activations '%s'; there are %s".formatted(label, known));
  }
}
