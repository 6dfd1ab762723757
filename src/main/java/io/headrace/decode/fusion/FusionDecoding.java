package io.headrace.decode.fusion;

import io.headrace.decode.Fidelity;
import io.headrace.decode.ModelRows;
import io.headrace.decode.OneTokenDecoding;
import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import java.util.OptionalDouble;

/**
 * One token per pass of the target, a base and its experts in lockstep, chosen from their fused row: penalties, bias, temperature and
 * log-probabilities are of that row. Not the output of plain decoding, unless the weight is fixed at 0.
 *
 * <p>Thread: engine thread; one per sequence, scratch shared.
 */
public final class FusionDecoding extends OneTokenDecoding {
  private final FusedLogits fused;
  private final int base;
  private final int[] experts;
  private final OptionalDouble alpha;
  private final int models;

  /**
   * @param base number of the companion that the experts were trained from, see {@link ModelRows}
   * @param experts their numbers
   * @param alpha the weight; empty: found for every token
   * @param fused scratch of the engine
   */
  public FusionDecoding(int base, int[] experts, OptionalDouble alpha, FusedLogits fused) {
    super(Strategy.FUSION, Fidelity.APPROXIMATE);
    this.base = base;
    this.experts = experts.clone();
    this.alpha = alpha;
    this.fused = fused;
    int models = ModelRows.only(ModelRows.TARGET) | ModelRows.only(base);
    for (int expert : experts) models |= ModelRows.only(expert);
    this.models = models;
  }

  @Override
  public int models() {
    return models;
  }

  @Override
  public LogitRows combine(ModelRows rows) {
    return fused.of(rows, base, experts, alpha);
  }

  @Override
  public double weight() {
    return fused.alpha();
  }
}
