package io.headrace.decode;

import java.util.function.IntToDoubleFunction;

/** Terms that tests set. */
public record FixedTerms(int maxNodes, int maxDepth, int decoding, IntToDoubleFunction stretching, double nanos) implements StepTerms {
  /** One sequence of a machine on which every further row costs {@code perRow} of a pass. */
  public static FixedTerms of(int maxNodes, double perRow) {
    return new FixedTerms(maxNodes, 1_000, 1, n -> 1 + perRow * n, 1e6);
  }

  public FixedTerms among(int decoding) {
    return new FixedTerms(maxNodes, maxDepth, decoding, stretching, nanos);
  }

  public FixedTerms taking(double nanos) {
    return new FixedTerms(maxNodes, maxDepth, decoding, stretching, nanos);
  }

  public FixedTerms reaching(int maxDepth) {
    return new FixedTerms(maxNodes, maxDepth, decoding, stretching, nanos);
  }

  @Override
  public double stretch(int drafted) {
    return stretching.applyAsDouble(drafted);
  }
}
