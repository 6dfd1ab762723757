package io.headrace.decode.medusa;

import io.headrace.decode.Offer;
import org.jspecify.annotations.Nullable;

/**
 * What heads usually offer a sequence: hopes of its nodes, the likeliest first. Before it was offered anything, what all sequences were offered lately;
 * before that, what a small chat model's heads offer for school questions.
 *
 * <p>Thread: engine thread, but for the constructor.
 */
final class UsualOffer {
  private static final double[] GOOD = {0.65, 0.4, 0.3, 0.2, 0.15, 0.12, 0.1, 0.08};

  /** Weight of the newest offer of a sequence, and of all. */
  private static final double FRESH = 1 / 8.0;

  private static final double FRESH_OF_ALL = 1 / 64.0;

  private final @Nullable UsualOffer all;
  private final double[] hopes = GOOD.clone();
  private boolean own;

  /**
   * @param all sequences' together; null for that
   */
  UsualOffer(@Nullable UsualOffer all) {
    this.all = all;
  }

  void offer(int most, Offer offer) {
    put(own || all == null ? hopes : all.hopes, most, offer);
  }

  /** As good as offers get. */
  static void good(int most, Offer offer) {
    put(GOOD, most, offer);
  }

  private static void put(double[] hopes, int most, Offer offer) {
    for (int i = 0; i < Math.min(most, hopes.length); i++) offer.add(hopes[i]);
  }

  void saw(Offer offer) {
    if (all != null) {
      if (!own) System.arraycopy(all.hopes, 0, hopes, 0, hopes.length);
      own = true;
      all.saw(offer);
    }
    double weight = all == null ? FRESH_OF_ALL : FRESH;
    for (int i = 0; i < hopes.length; i++) hopes[i] += weight * ((i < offer.size() ? offer.hope(i) : 0) - hopes[i]);
  }
}
