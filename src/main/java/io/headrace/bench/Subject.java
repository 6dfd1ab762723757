package io.headrace.bench;

import io.headrace.model.Model;
import io.headrace.tensor.Kernels;

/**
 * A loaded model that is measured. Several take turns in the rounds of one bench; those that wait use no processor.
 *
 * @param name of the model, for reports
 * @param kernels those the model was loaded with
 * @param cost what its passes need
 */
public record Subject(String name, Model model, Kernels kernels, PassCost cost) {
  /** Model, tier and threads, for people. */
  String label() {
    return "%s, %s, %d %s".formatted(name, kernels.tier().label(), kernels.threads(), kernels.threads() == 1 ? "thread" : "threads");
  }
}
