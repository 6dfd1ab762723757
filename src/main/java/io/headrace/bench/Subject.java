package io.headrace.bench;

import io.headrace.model.Model;
import io.headrace.tensor.Kernels;

/**
 * A loaded model that is measured. Several take turns in the rounds of one bench; those that wait use no processor.
 *
 * @param name of the model, for reports
 * @param kernels those the model was loaded with
 * @param demand what its passes need
 */
public record Subject(String name, Model model, Kernels kernels, PassDemand demand) {
  /** Model, tier, activations and threads, for people. */
  String label() {
    return "%s, %s, activations %s, %d %s"
        .formatted(
            name, kernels.tier().label(), model.card().activations(), kernels.threads(), kernels.threads() == 1 ? "thread" : "threads");
  }
}
