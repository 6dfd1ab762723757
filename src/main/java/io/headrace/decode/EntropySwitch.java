package io.headrace.decode;

/**
 * Which of two models goes on: the target where what was last chosen from was undecided, its companion where it was not. Pure.
 *
 * @param threshold bits: the target takes over above, the companion at or below. Below 0: always the target; infinite: always the companion
 * @param dwell tokens that a model yields at least before the other may take over, at least 1
 * @param hysteresis by which share of the threshold the mean must pass it, in [0, 1): a mean that lingers there changes nothing
 * @see <a href="https://arxiv.org/abs/2502.06833">Entropy adaptive decoding</a>
 */
public record EntropySwitch(double threshold, int dwell, double hysteresis) {
  public EntropySwitch {
    if (Double.isNaN(threshold)) throw new IllegalArgumentException("threshold must be a number");
    if (dwell < 1) throw new IllegalArgumentException("dwell must be at least 1, was " + dwell);
    if (!(hysteresis >= 0 && hysteresis < 1)) throw new IllegalArgumentException("hysteresis must be in [0, 1), was " + hysteresis);
  }

  /**
   * Whether the target is to yield the next token.
   *
   * @param target whether it yielded the last one
   * @param mean of the entropies of the last rows of the model that did, bits; NaN where none is known, which changes nothing
   * @param yielded tokens that this model has yielded since it took over
   */
  public boolean targetNext(boolean target, double mean, int yielded) {
    if (yielded < dwell) return target;
    double margin = Double.isInfinite(threshold) ? 0 : hysteresis * Math.abs(threshold);
    if (mean > threshold + margin) return true;
    if (mean <= threshold - margin) return false;
    return target;
  }
}
