package io.headrace.generation;

/** How one token is chosen from a row of logits, after penalties and bias. */
public sealed interface Sampling {
  /** The largest logit; ties go to the lowest token id. */
  record Greedy() implements Sampling {}

  /**
   * A draw from the filtered distribution.
   *
   * @param temperature unitless, in (0, 100]
   * @param topK tokens kept, largest first; 0 keeps all
   * @param topP mass kept, in (0, 1]; 1 keeps all
   * @param minP tokens below this share of the largest probability are dropped, in [0, 1); 0 keeps all
   * @param seed fixes every draw: the number used at an output position depends only on the seed and that position
   */
  record Random(float temperature, int topK, float topP, float minP, long seed) implements Sampling {
    public Random {
      if (!(temperature > 0f && temperature <= 100f)) {
        throw new IllegalArgumentException("temperature must be in (0, 100], was " + temperature + "; use Greedy for 0");
      }
      if (topK < 0) throw new IllegalArgumentException("topK must be 0 or above, was " + topK);
      if (!(topP > 0f && topP <= 1f)) throw new IllegalArgumentException("topP must be in (0, 1], was " + topP);
      if (!(minP >= 0f && minP < 1f)) throw new IllegalArgumentException("minP must be in [0, 1), was " + minP);
    }
  }
}
