package io.headrace.bench;

/**
 * What a pass of a model needs at least, whatever computes it. Counted from the file: a layout that takes more memory than the file
 * is the engine's choice and makes no bound lower.
 *
 * @param layerWeights weights of the layers' matrices, each used once by every row
 * @param headWeights weights of the output matrix, each used once by every row whose logits are wanted
 * @param weightBytes bytes of both as stored in the file
 * @param kvBytesPerToken bytes of keys and values that one token of context holds
 * @param planes int8 products a weight takes part in for each row: 1 for int8 activations, 2 for int16; 0 when products are not
 *     integers, and the integer peak bounds nothing
 */
public record PassDemand(long layerWeights, long headWeights, long weightBytes, long kvBytesPerToken, int planes) {
  /**
   * The shortest time of a shape on a machine: of its memory traffic or its products, whichever is longer. Attention's arithmetic
   * is left out.
   *
   * @param chunk rows of a prompt that go into one pass
   */
  Bound bound(Workload load, MachineSpeed machine, int chunk) {
    return switch (load) {
      case Workload.Decode(int depth) -> pass(1, 1, depth + Workload.DECODE_TOKENS / 2, machine);
      case Workload.Batch(int n, int depth) -> pass(n, n, n * (long) (depth + Workload.DECODE_TOKENS / 2), machine);
      case Workload.Rows(int n, int depth) -> pass(n, n, depth, machine);
      case Workload.Prefill(int n) -> prompt(n, machine, chunk);
    };
  }

  private Bound prompt(int n, MachineSpeed machine, int chunk) {
    double seconds = 0;
    Bound last = pass(Math.min(n, chunk), 0, 0, machine);
    for (int done = 0; done < n; done += chunk) {
      int rows = Math.min(chunk, n - done);
      last = pass(rows, done + rows == n ? 1 : 0, done, machine);
      seconds += last.seconds();
    }
    return new Bound(seconds, planes > 0 ? last.limit() : Bound.Limit.UNKNOWN);
  }

  private Bound pass(long rows, long wanted, long contextTokens, MachineSpeed machine) {
    double bytes = weightBytes + (double) contextTokens * kvBytesPerToken;
    double memory = bytes / (machine.bandwidthGBs() * 1e9);
    if (planes == 0) return new Bound(memory, Bound.Limit.MEMORY);
    double operations = 2.0 * planes * (rows * (double) layerWeights + wanted * (double) headWeights);
    double arithmetic = operations / (machine.peakTops() * 1e12);
    return arithmetic > memory ? new Bound(arithmetic, Bound.Limit.ARITHMETIC) : new Bound(memory, Bound.Limit.MEMORY);
  }
}
