package io.headrace.decode;

import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;

/** One token per pass of a companion; the target computes nothing. Engine thread; one per sequence. */
final class CompanionDecoding extends OneTokenDecoding {
  private final int companion;

  /** {@code companion}: its number, see {@link ModelRows}. */
  CompanionDecoding(int companion) {
    super(Strategy.PLAIN, Fidelity.APPROXIMATE);
    this.companion = companion;
  }

  @Override
  public int models() {
    return ModelRows.only(companion);
  }

  @Override
  public LogitRows combine(ModelRows rows) {
    return rows.of(companion);
  }
}
