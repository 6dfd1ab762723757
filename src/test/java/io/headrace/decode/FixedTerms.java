package io.headrace.decode;

import java.util.function.IntToDoubleFunction;

/** Terms that tests set: drafting goes on, nothing is tried. */
public record FixedTerms(int maxNodes, int maxDepth, int decoding, IntToDoubleFunction stretching, double nanos, StepDraft draft)
    implements StepTerms {
  /** One sequence of a machine on which every further row costs {@code perRow} of a pass. */
  public static FixedTerms of(int maxNodes, double perRow) {
    return new FixedTerms(maxNodes, 1_000, 1, n -> 1 + perRow * n, 1e6, new StepDraft());
  }

  public FixedTerms among(int decoding) {
    return new FixedTerms(maxNodes, maxDepth, decoding, stretching, nanos, draft);
  }

  public FixedTerms taking(double nanos) {
    return new FixedTerms(maxNodes, maxDepth, decoding, stretching, nanos, draft);
  }

  public FixedTerms reaching(int maxDepth) {
    return new FixedTerms(maxNodes, maxDepth, decoding, stretching, nanos, draft);
  }

  public FixedTerms stretching(IntToDoubleFunction stretching) {
    return new FixedTerms(maxNodes, maxDepth, decoding, stretching, nanos, draft);
  }

  @Override
  public double stretch(int drafted) {
    return stretching.applyAsDouble(drafted);
  }

  @Override
  public boolean drafts() {
    return true;
  }

  @Override
  public boolean mayTry(double loss) {
    return false;
  }
}
