package io.headrace.decode.medusa;

import io.headrace.decode.RecentTime;
import io.headrace.model.AcceptanceHead;
import io.headrace.model.GuessHeads;
import io.headrace.model.LikelyColumns;
import io.headrace.model.LogitRows;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Trained heads of a model, with what was seen of their price and their guesses: shared by its sequences.
 *
 * <p>Thread: made on any, then the engine thread; close it when no sequence uses it any more, before the model.
 */
public final class SharedHeads implements AutoCloseable {
  /** Guesses kept of each row. */
  static final int RANKS = 6;

  /** Weight of the newest round. */
  private static final double FRESH = 1 / 16.0;

  /** What a run of a head takes, and looking at the guesses of a row, before any was seen: guesses from a two-core machine. */
  private static final double FIRST_RUN = 400_000;

  private static final double FIRST_READ = 15_000;

  /** Share of a run by which every further row stretches it: the reading of the weights is shared. */
  private static final double ROW = 0.03;

  /** Heads that are run for a round, and rows that are read for each of its sequences, before any was. */
  private static final double FIRST_RUNS = 2;

  private static final double FIRST_READS = 3;

  /** Old counts lose so much with every new one: about the last thousand weigh. */
  private static final double KEEP = 0.999;

  /** Guesses that the card's word stands for. */
  private static final double BELIEF = 50;

  private final Heads heads;
  private final HeadsCard card;
  private final LongSupplier nanoClock;
  private final LikelyColumns columns;
  private final double[] expected;
  private final double[] right;
  private final UsualOffer usual = new UsualOffer(null);
  private final HeadsRound round;
  private final RecentTime run = new RecentTime(FIRST_RUN);
  private final RecentTime read = new RecentTime(FIRST_READ);
  private double usualRuns = FIRST_RUNS;
  private double usualReads = FIRST_READS;

  /**
   * @param heads that {@code card} describes; closed with this
   * @param nanoClock as {@link System#nanoTime}
   */
  public SharedHeads(GuessHeads heads, HeadsCard card, LongSupplier nanoClock) {
    this(Heads.of(heads), card, nanoClock);
  }

  /** As above. */
  public SharedHeads(Heads heads, HeadsCard card, LongSupplier nanoClock) {
    card.check(heads.blocks());
    this.heads = heads;
    this.card = card;
    this.nanoClock = nanoClock;
    columns = heads.likely(RANKS);
    round = new HeadsRound(this);
    expected = new double[card.heads()];
    right = new double[card.heads()];
    Arrays.fill(expected, BELIEF);
    Arrays.fill(right, BELIEF);
  }

  /** Guesses that were trained; beyond them the last head may go on from itself. */
  public int count() {
    return card.heads();
  }

  /** Size of a state. */
  public int hidden() {
    return card.hidden();
  }

  int mostRows() {
    return heads.rows();
  }

  /** Whether a head goes on from what the one before it made. */
  public boolean chained() {
    return card.chained();
  }

  /** Nanoseconds that one head takes over one row, with looking at its guesses, lately. */
  public double nanos() {
    return run.nanos() + read.nanos();
  }

  /** Nanoseconds of a run over one row. */
  double runNanos() {
    return run.nanos();
  }

  /** Nanoseconds of looking at one row's guesses. */
  double readNanos() {
    return read.nanos();
  }

  /** Nanoseconds that the guesses of so many sequences of a step usually take together. */
  double nanos(int sequences) {
    int most = mostRows();
    int whole = sequences / most;
    int rest = sequences % most;
    double runs = whole * (1 + ROW * (most - 1)) + (rest == 0 ? 0 : 1 + ROW * (rest - 1));
    return runs * usualRuns * run.nanos() + sequences * usualReads * read.nanos();
  }

  /** A round took so many runs, and read so many rows. */
  void ran(int sequences, int runs, int reads) {
    usualRuns += FRESH * (runs - usualRuns);
    usualReads += FRESH * ((double) reads / sequences - usualReads);
  }

  /** What all sequences are usually offered. */
  UsualOffer usual() {
    return usual;
  }

  /** Where guesses are made together. */
  HeadsRound round() {
    return round;
  }

  /** As {@link GuessHeads#begin}. */
  public void begin(int row, float[] state) {
    heads.begin(row, state);
  }

  /** As {@link GuessHeads#follow}. */
  public void follow(int row, int before) {
    heads.follow(row, before);
  }

  /** Runs a head over {@code rows} rows that see {@code tokens}; {@link #read} looks at what each guesses. */
  public LogitRows run(int head, int[] tokens, int rows) {
    long begun = nanoClock.getAsLong();
    LogitRows logits = heads.guess(Math.min(head, heads.blocks() - 1), tokens, rows);
    run.took((nanoClock.getAsLong() - begun) / (1 + ROW * (rows - 1)));
    return logits;
  }

  /** Looks for the likeliest columns of a row. */
  public void read(LogitRows logits, int row) {
    long begun = nanoClock.getAsLong();
    columns.read(logits, row);
    read.took(nanoClock.getAsLong() - begun);
  }

  /** The likeliest columns of the row read last. */
  public LikelyColumns likely() {
    return columns;
  }

  /** The token of a column. */
  public int token(int column) {
    return heads.token(column);
  }

  /** Log-odds that {@code guessed}, a guess of row 0 of the last {@link #run}, is accepted, by {@code judge}. */
  public double logOdds(AcceptanceHead judge, int guessed, float[] features) {
    return heads.logOdds(judge, guessed, features);
  }

  /** How likely a guess of head {@code head} is to be right that it gives with probability {@code said}. */
  public double trust(int head, double said) {
    head = Math.min(head, right.length - 1);
    return Math.min(1, card.trust(head, said) * right[head] / expected[head]);
  }

  /** A guess that was trusted so much was tested, all above it being right. */
  public void saw(int head, double trusted, boolean hit) {
    head = Math.min(head, right.length - 1);
    double believed = trusted * expected[head] / right[head]; // what the card alone said
    expected[head] = expected[head] * KEEP + believed;
    right[head] = right[head] * KEEP + (hit ? 1 : 0);
  }

  @Override
  public void close() {
    heads.close();
  }
}
