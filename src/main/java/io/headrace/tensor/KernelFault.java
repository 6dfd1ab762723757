package io.headrace.tensor;

/** A kernel refused its arguments or could not get memory. A defect or an exhausted machine, never a caller's mistake. */
public final class KernelFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public KernelFault(String message) {
    super(message);
  }
}
