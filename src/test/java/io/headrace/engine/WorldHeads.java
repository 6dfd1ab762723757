package io.headrace.engine;

import io.headrace.decode.medusa.Heads;
import io.headrace.decode.medusa.HeadsCard;
import io.headrace.engine.WorldTexts.Place;
import io.headrace.model.AcceptanceHead;
import io.headrace.model.LikelyColumns;
import io.headrace.model.LikelyOf;
import io.headrace.model.LogitRows;
import java.util.stream.IntStream;

/** Heads that see a text before it is said, and guess as well as the world says. */
final class WorldHeads implements Heads {
  /** Rows a guess takes at once; as the server has it. */
  private static final int ROWS = 16;

  /** Of what the first guess leaves, the shares of those after it. */
  private static final double[] OTHERS = {0.19, 0.1, 0.07, 0.05, 0.04};

  private final WorldTexts texts;
  private final WorldClock clock;
  private final Chance chance;
  private final int blocks;
  private final Place[] from = new Place[ROWS];
  private final Place[] made = new Place[ROWS];
  private final Rows rows = new Rows();

  WorldHeads(WorldTexts texts, WorldClock clock, Chance chance) {
    this.texts = texts;
    this.clock = clock;
    this.chance = chance;
    blocks = clock.world().heads().right().length;
  }

  /** Takes what they say at its word. */
  HeadsCard card() {
    double[][] bins = new double[blocks][];
    for (int head = 0; head < blocks; head++) bins[head] = IntStream.range(0, 10).mapToDouble(bin -> (bin + 0.5) / 10).toArray();
    return new HeadsCard(true, "w", Place.SIZE, blocks, IntStream.range(0, WorldTexts.VOCABULARY).toArray(), bins);
  }

  @Override
  public int blocks() {
    return blocks;
  }

  @Override
  public int rows() {
    return ROWS;
  }

  @Override
  public int token(int column) {
    return column;
  }

  @Override
  public void begin(int row, float[] state) {
    from[row] = Place.of(state);
  }

  @Override
  public void follow(int row, int before) {
    from[row] = made[before];
  }

  @Override
  public LogitRows guess(int head, int[] tokens, int count) {
    clock.head(count);
    rows.clear();
    for (int row = 0; row < count; row++) {
      made[row] = texts.after(from[row], tokens[row]);
      guess(head, tokens[row], made[row]);
    }
    return rows;
  }

  /** Adds a row. The first guess is said to be right with a probability that is now high, now low, and in the mean what the head can do. */
  private void guess(int head, int token, Place place) {
    DraftWorld.Skill skill = clock.world().heads();
    double mean = Math.min(0.999, skill.right()[head]);
    long salt = 100 * (place.right() ? 0 : 1 + token + 1000L * head);
    double sure = mean == 0 ? 0.05 : Math.pow(chance.of(place.text(), place.at(), 20 + salt), (1 - mean) / mean);
    sure = Math.clamp(sure, 0.03, 0.995);
    int right = place.right() && mean > 0 ? rank(chance.of(place.text(), place.at(), 21 + salt) / skill.kept(), sure) : -1;
    int truth = texts.token(place.text(), place.at() + 1);
    double said = 0;
    for (int rank = 0; rank <= OTHERS.length; rank++) said += share(rank, sure);
    rows.add((float) Math.log((1 - said) / WorldTexts.VOCABULARY));
    for (int rank = 0; rank <= OTHERS.length; rank++) {
      int guess = (int) (chance.of(place.text(), place.at(), 730 + rank + salt) * WorldTexts.VOCABULARY);
      while (guess == truth || rows.has(guess)) guess = (guess + 1) % WorldTexts.VOCABULARY;
      rows.set(rank == right ? truth : guess, (float) Math.log(share(rank, sure)));
    }
  }

  /** The guess on which a lot falls, -1 for none. */
  private static int rank(double lot, double sure) {
    for (int rank = 0; rank <= OTHERS.length; rank++) {
      lot -= share(rank, sure);
      if (lot < 0) return rank;
    }
    return -1;
  }

  private static double share(int rank, double sure) {
    return rank == 0 ? sure : (1 - sure) * OTHERS[rank - 1];
  }

  @Override
  public LikelyColumns likely(int most) {
    return LikelyOf.rows(WorldTexts.VOCABULARY, most);
  }

  @Override
  public double logOdds(AcceptanceHead judge, int guessed, float[] features) {
    throw new AssertionError("nobody asks for a judge here");
  }

  @Override
  public void close() {}

  private final class Rows extends SparseRows {
    Rows() {
      super(WorldTexts.VOCABULARY, ROWS, 1 + OTHERS.length);
    }

    @Override
    public void copyPeaks(int row, float[] out) {
      clock.read();
      super.copyPeaks(row, out);
    }
  }
}
