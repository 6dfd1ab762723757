package io.headrace.decode;

import io.headrace.generation.Strategy;

/** One token per pass of the target. */
public final class PlainDecoding extends OneTokenDecoding {
  public PlainDecoding() {
    super(Strategy.PLAIN, Fidelity.EXACT);
  }
}
