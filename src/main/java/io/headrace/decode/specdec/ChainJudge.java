package io.headrace.decode.specdec;

import io.headrace.decode.RecentTime;
import io.headrace.decode.medusa.SharedHeads;
import io.headrace.model.AcceptanceHead;
import io.headrace.model.LikelyColumns;
import java.util.function.LongSupplier;

/**
 * A trained acceptance head of a model's heads, with what was seen of its price: shared by its sequences.
 *
 * <p>Thread: engine thread; close it when no sequence uses it any more, before the model.
 */
public final class ChainJudge implements AutoCloseable {
  /** What a judgement takes before any was made: a guess from a two-core machine. */
  private static final double FIRST_NANOS = 60_000;

  private final AcceptanceHead head;
  private final StopCard card;
  private final LongSupplier nanoClock;
  private final float[] features = new float[StopCard.FEATURES.size()];
  private final RecentTime time = new RecentTime(FIRST_NANOS);

  /**
   * @param head that {@code card} describes; closed with this
   * @param nanoClock as {@link System#nanoTime}
   */
  public ChainJudge(AcceptanceHead head, StopCard card, LongSupplier nanoClock) {
    if (head.features() != features.length) {
      throw new IllegalArgumentException("the acceptance head takes %d features, there are %d".formatted(head.features(), features.length));
    }
    this.head = head;
    this.card = card;
    this.nanoClock = nanoClock;
  }

  StopCard card() {
    return card;
  }

  /** Nanoseconds of a judgement, lately. */
  double nanos() {
    return time.nanos();
  }

  /** Probability that the likeliest guess in {@code likely}, which is {@code token} at {@code depth}, is accepted if all before it are. */
  double accepts(SharedHeads heads, LikelyColumns likely, int token, int depth) {
    long begun = nanoClock.getAsLong();
    double first = likely.probability(0);
    double second = likely.found() > 1 ? likely.probability(1) : 0;
    features[0] = (float) first;
    features[1] = (float) Math.log(first);
    features[2] = (float) Math.log(first / Math.max(second, 1e-12));
    features[3] = (float) likely.entropy();
    features[4] = depth;
    double odds = heads.logOdds(head, token, features);
    time.took(nanoClock.getAsLong() - begun);
    return 1 / (1 + Math.exp(-odds));
  }

  @Override
  public void close() {
    head.close();
  }
}
