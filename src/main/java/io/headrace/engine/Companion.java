package io.headrace.engine;

import io.headrace.model.Model;

/**
 * A further model beside the one that is served, with the same tokens, for strategies that ask for it. It has keys and values for as many
 * blocks as the target, under the same block ids.
 *
 * @param name by which requests and records know it
 */
public record Companion(String name, Model model) {
  /** What records call the served model itself. */
  public static final String TARGET = "target";

  /**
   * @throws IllegalArgumentException if the companion cannot stand beside {@code target}
   */
  void check(Model target) {
    if (name.equals(TARGET)) throw new IllegalArgumentException("'%s' is the served model itself; name the companion otherwise".formatted(name));
    if (model.card().vocabulary() != target.card().vocabulary()) {
      throw new IllegalArgumentException(
          "companion '%s' has logits for %d tokens, the served model for %d".formatted(name, model.card().vocabulary(), target.card().vocabulary()));
    }
    if (model.card().contextLength() < target.card().contextLength()) {
      throw new IllegalArgumentException(
          "companion '%s' has a window of %d tokens, the served model of %d".formatted(name, model.card().contextLength(), target.card().contextLength()));
    }
    if (model.blocks() < target.blocks()) {
      throw new IllegalArgumentException("companion '%s' has %d blocks, the served model %d".formatted(name, model.blocks(), target.blocks()));
    }
  }
}
